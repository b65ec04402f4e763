import assert from "node:assert/strict";
import { test } from "node:test";
import { knownPlatforms } from "../../../../../common";
import { type Executable, executableOf, headLength } from "../../../../../infra/image/binaries/executable";
import { elf } from "../../../layers";

for (const platform of knownPlatforms) {
  test(`a binary for ${platform} is known by its header`, () => {
    assert.deepEqual(executableOf(elf(platform)), { kind: "elf", platform });
  });
}

const script = (interpreter: string, argument?: string): Executable => ({ kind: "script", interpreter, argument });
const unknown: Executable = { kind: "unknown" };

const files: Readonly<Record<string, readonly [Buffer | string, Executable]>> = {
  "a machine that Go has no word for": [
    elf([8, 32, "BE"]),
    { kind: "elf", platform: "linux/(ELF machine 8, 32-bit BE)" },
  ],
  "big-endian PowerPC, which isn't ppc64le": [
    elf([21, 64, "BE"]),
    { kind: "elf", platform: "linux/(ELF machine 21, 64-bit BE)" },
  ],
  "32-bit code for amd64": [elf([62, 32, "LE"]), { kind: "elf", platform: "linux/(ELF machine 62, 32-bit LE)" }],
  "an ELF header that is cut off": [elf("linux/amd64").subarray(0, 19), unknown],
  "macOS' format": [Buffer.from("cffaedfe0c000001", "hex"), { kind: "foreign", system: "macOS" }],
  "Windows' format": ["MZ\x90", { kind: "foreign", system: "Windows" }],
  "a script": ["#!/bin/sh\nexec /app\n", script("/bin/sh")],
  "a script with spaces, an argument and no end of line": ["#! /usr/bin/env  sh -e ", script("/usr/bin/env", "sh -e")],
  "a script from Windows, whose interpreter's name ends in CR": ["#!/bin/sh\r\n", script("/bin/sh\r")],
  "a first line that never ends": [
    `#!/bin/sh ${"x".repeat(headLength - 10)}`,
    script("/bin/sh", "x".repeat(headLength - 10)),
  ],
  "a script without an interpreter": ["#!\n/bin/sh\n", unknown],
  "a script that doesn't say so": ["exec /app\n", unknown],
  "an empty file": ["", unknown],
};

for (const [what, [content, expected]] of Object.entries(files)) {
  test(`${what} is read as what it is`, () => {
    assert.deepEqual(executableOf(Buffer.from(content)), expected);
  });
}
