import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { directoryWith } from "../../support/files";

/** What a user may paste into a terminal, with the place of its first line. An indented block belongs to a list. */
const blocks = ["README.md", ...readdirSync("docs").map((file) => join("docs", file))]
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return [...text.matchAll(/^( *)```sh\n([^]*?)^\1```/gm)].map(({ index, 1: indent = "", 2: code = "" }) => ({
      place: `${file}:${text.slice(0, index).split("\n").length + 1}`,
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }));
  });

test("no command that a user pastes has a comment, which zsh takes for arguments", () => {
  assert.ok(blocks.length > 20);
  assert.deepEqual(
    blocks.filter(({ code }) => /(^|\s)#/m.test(code)).map(({ place }) => place),
    [],
  );
});

// Every command that zsh doesn't have itself is a stub, since nothing is in PATH. `cd` leads nowhere.
const stubs = `path=()
command_not_found_handler() { : }
cd() { : }
`;

const missing = spawnSync("zsh", ["--version"]).error && "zsh isn't installed";

test("each block of commands pastes into zsh as it is", { skip: missing ?? false }, (t) => {
  const empty = directoryWith(t);
  for (const { place, code } of blocks) {
    const { status, stdout, stderr } = spawnSync("zsh", ["-f", "-i", "+o", "promptsp", "+o", "promptcr"], {
      cwd: empty,
      encoding: "utf8",
      // The last line shows that zsh doesn't wait for the end of a quotation, of a loop or of a document.
      input: `${stubs}${code}print pasted\n`,
      env: { HOME: empty, TERM: "dumb", PS1: "", PS2: "" },
      timeout: 10_000,
    });
    assert.deepEqual(
      { place, status, stdout: stdout.split("\n").at(-2), stderr },
      { place, status: 0, stdout: "pasted", stderr: "" },
    );
  }
});
