import assert from "node:assert/strict";
import { test } from "node:test";
import { type Judgement, judgeEntryPoint, type StartConfig } from "../../../../../infra/image/binaries/entry-point";
import { elf, type Files, layersOf, symlink } from "../../../layers";

const arm64 = elf("linux/arm64");
const amd64 = elf("linux/amd64");

const right: Judgement = { kind: "right" };
const wrong = (file: string, is = "a binary for linux/amd64"): Judgement => ({ kind: "wrong", file, is });
const unknown = (why: string): Judgement => ({ kind: "unknown", why });

/** What starts → the configuration, layers with the last one first, and the judgement for linux/arm64. */
const cases: Readonly<Record<string, readonly [StartConfig, Files[], Judgement]>> = {
  "a binary for the platform": [{ Entrypoint: ["/ping"] }, [{ ping: arm64 }], right],
  "a binary for another one": [{ Entrypoint: ["/ping"] }, [{ ping: amd64 }], wrong("/ping")],
  "a binary by Cmd alone": [{ Entrypoint: null, Cmd: ["/ping", "serve"] }, [{ ping: amd64 }], wrong("/ping")],
  "Entrypoint, of which Cmd is the arguments": [
    { Entrypoint: ["/ping"], Cmd: ["/x"] },
    [{ ping: arm64, x: amd64 }],
    right,
  ],
  "a binary for macOS": [
    { Entrypoint: ["/ping"] },
    [{ ping: Buffer.from("cffaedfe0c000001", "hex") }],
    wrong("/ping", "a binary for macOS"),
  ],
  "a path from the working directory": [
    { WorkingDir: "/app", Cmd: ["./main"] },
    [{ "app/main": amd64 }],
    wrong("/app/main"),
  ],
  "a path from a working directory without a slash": [
    { WorkingDir: "app/", Cmd: ["../bin/main"] },
    [{ "bin/main": amd64 }],
    wrong("/bin/main"),
  ],
  "a path from the root, without a working directory": [
    { WorkingDir: "", Cmd: ["./main"] },
    [{ main: amd64 }],
    wrong("/main"),
  ],
  "a name in PATH": [
    { Env: ["A=B", "PATH=/go/bin:/usr/local/bin"], Cmd: ["main"] },
    [{ "usr/local/bin/main": amd64, "bin/main": arm64 }],
    wrong("/usr/local/bin/main"),
  ],
  "a name in PATH, which isn't looked for in the working directory": [
    { WorkingDir: "/app", Cmd: ["main"] },
    [{ "app/main": amd64 }],
    unknown("no layer has main"),
  ],
  "a name without a PATH": [{ Cmd: ["main"] }, [{ "usr/bin/main": amd64 }], wrong("/usr/bin/main")],
  "a name with an empty PATH": [{ Env: ["PATH="], Cmd: ["main"] }, [{ "bin/main": amd64 }], wrong("/bin/main")],
  "a link": [{ Cmd: ["/main"] }, [{ main: symlink("app/main") }, { "app/main": amd64 }], wrong("/app/main")],

  "a script with the right shell": [
    { Entrypoint: ["/start.sh"] },
    [
      { "start.sh": "#!/bin/sh\nexec /ping\n", ping: amd64 },
      { "bin/sh": symlink("busybox"), "bin/busybox": arm64 },
    ],
    unknown("/start.sh is a script, which may start anything"),
  ],
  "a script with the wrong shell": [
    { Entrypoint: ["/start.sh"] },
    [{ "start.sh": "#!/bin/sh\nexec /ping\n" }, { "bin/sh": symlink("busybox"), "bin/busybox": amd64 }],
    wrong("/bin/busybox"),
  ],
  "a script without its shell": [
    { Cmd: ["/start.sh"] },
    [{ "start.sh": "#!/bin/bash\n" }],
    unknown("no layer has /bin/bash"),
  ],
  "a script by env": [
    { Cmd: ["/start.sh"] },
    [{ "start.sh": "#!/usr/bin/env bash\n", "usr/bin/env": arm64, "usr/bin/bash": amd64 }],
    wrong("/usr/bin/bash"),
  ],
  "a script by env of the wrong machine": [
    { Cmd: ["/start.sh"] },
    [{ "start.sh": "#!/usr/bin/env bash\n", "usr/bin/env": amd64, "usr/bin/bash": arm64 }],
    wrong("/usr/bin/env"),
  ],
  "a script by env -S": [
    { Cmd: ["/start.sh"] },
    [{ "start.sh": "#!/usr/bin/env -S A=1 bash -e\n", "usr/bin/env": arm64, "usr/bin/bash": amd64 }],
    wrong("/usr/bin/bash"),
  ],
  "a script whose interpreter is a script": [
    { Cmd: ["/one"] },
    [{ one: "#!/two -x\n", two: "#!/three\n", three: amd64 }],
    wrong("/three"),
  ],
  "a script that is its own interpreter": [
    { Cmd: ["/one"] },
    [{ one: "#!/one\n" }],
    unknown("more than 5 programs start each other"),
  ],
  "a script without #!": [
    { Cmd: ["/one"] },
    [{ one: "exec /ping\n" }],
    unknown("/one is neither an ELF binary nor a script that starts with #!"),
  ],

  "the shell form": [
    { Cmd: ["/bin/sh", "-c", "./ping"] },
    [{ ping: amd64 }, { "bin/sh": arm64 }],
    unknown("/bin/sh is a shell, which may start anything"),
  ],
  "the shell form with the wrong shell": [
    { Cmd: ["/bin/sh", "-c", "./ping"] },
    [{ "bin/sh": amd64 }],
    wrong("/bin/sh"),
  ],
  "the shell form without a shell": [
    { Cmd: ["/bin/sh", "-c", "./ping"] },
    [{ ping: arm64 }],
    unknown("no layer has /bin/sh"),
  ],
  "an init of the wrong machine": [
    { Entrypoint: ["/tini", "--", "/ping"] },
    [{ ping: arm64, tini: amd64 }],
    wrong("/tini"),
  ],
  "a program behind an init": [
    { Entrypoint: ["/tini", "-e", "143", "--"], Cmd: ["/ping", "--", "x"] },
    [{ ping: amd64, tini: arm64 }],
    wrong("/ping"),
  ],
  "a program right behind an init": [
    { Entrypoint: ["/usr/bin/dumb-init", "-v", "/ping"] },
    [{ ping: amd64 }, { "usr/bin/dumb-init": arm64 }],
    wrong("/ping"),
  ],
  "a right program behind an init": [{ Entrypoint: ["/tini", "/ping"] }, [{ ping: arm64, tini: arm64 }], right],
  "an init without a program": [
    { Entrypoint: ["/tini", "--"] },
    [{ tini: arm64 }],
    unknown("neither ENTRYPOINT nor CMD names a program"),
  ],

  "32-bit code, which some arm64 nodes run": [
    { Cmd: ["/ping"] },
    [{ ping: elf("linux/arm") }],
    unknown("/ping is a binary for linux/arm, which only some nodes run"),
  ],
  "a file that no layer has": [{ Cmd: ["/ping"] }, [{ pong: amd64 }], unknown("no layer has /ping")],
  "a file that nobody may execute": [
    { Cmd: ["/ping"] },
    [{ ping: { type: "file", mode: 0o644 } }],
    unknown("/ping isn't executable"),
  ],
  "an image that starts nothing": [{}, [{ ping: amd64 }], unknown("neither ENTRYPOINT nor CMD names a program")],
};

for (const [what, [config, layers, expected]] of Object.entries(cases)) {
  test(`what an image starts is judged: ${what}`, async () => {
    assert.deepEqual(await judgeEntryPoint(config, layersOf(...layers), "linux/arm64"), expected);
  });
}
