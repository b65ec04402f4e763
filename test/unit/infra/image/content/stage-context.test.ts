import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { readContext } from "../../../../../infra/image/content/build-context";
import { stageContext } from "../../../../../infra/image/content/stage-context";
import { directoryWith } from "../../../../support/files";

const files = { "main.go": "package main\n", "a/b.go": "package a\n", "a.go": "package main\n" };
const mode = (file: string) => (fs.lstatSync(file).mode & 0o777).toString(8);
const target = (t: TestContext) => path.join(directoryWith(t, {}), "staged");

test("a staged context has the sent entries alone, with the same permission bits under every umask", (t) => {
  const source = directoryWith(t, {
    ...files,
    "run.sh": "#!/bin/sh\n",
    "static/.gitkeep": "",
    ".dockerignore": "a.go\n.dockerignore\n**/.gitkeep\n",
  });
  fs.chmodSync(path.join(source, "run.sh"), 0o700);
  fs.symlinkSync("run.sh", path.join(source, "link"));
  const context = readContext(source, "none");
  const before = process.umask(0o022);
  t.after(() => process.umask(before));
  for (const umask of [0o002, 0o022, 0o077]) {
    process.umask(umask);
    const staged = stageContext(context, target(t), "tag");
    assert.deepEqual(fs.readdirSync(staged, { recursive: true, encoding: "utf8" }).sort(), [
      "a",
      "a/b.go",
      "link",
      "main.go",
      "run.sh",
      "static",
    ]);
    assert.equal(fs.readFileSync(path.join(staged, "main.go"), "utf8"), files["main.go"]);
    assert.equal(fs.readlinkSync(path.join(staged, "link")), "run.sh");
    assert.deepEqual(
      ["", "a", "static", "a/b.go", "main.go", "run.sh"].map((name) => mode(path.join(staged, name))),
      ["755", "755", "755", "644", "644", "755"],
    );
  }
});

test("nothing outside of the copy is written or changed, whatever the links lead to", (t) => {
  const root = directoryWith(t, { "app/z/file": "z", "outside/file": "outside" });
  const [app, outside] = [path.join(root, "app"), path.join(root, "outside")];
  fs.chmodSync(outside, 0o700);
  fs.chmodSync(path.join(outside, "file"), 0o600);
  const links = { a: "z", data: outside, "z/up": "..", l: ".", m: ".", shared: "../outside", one: `${outside}/file` };
  Object.entries(links).forEach(([name, to]) => fs.symlinkSync(to, path.join(app, name)));
  const before = fs.statSync(path.join(outside, "file"));
  const staged = stageContext(readContext(app, "none"), target(t), "tag");
  Object.entries(links).forEach(([name, to]) => assert.equal(fs.readlinkSync(path.join(staged, name)), to));
  assert.deepEqual(fs.readdirSync(path.join(staged, "z")).sort(), ["file", "up"]);
  assert.deepEqual([mode(outside), mode(path.join(outside, "file"))], ["700", "600"]);
  assert.equal(fs.statSync(path.join(outside, "file")).mtimeMs, before.mtimeMs);
  assert.equal(fs.readFileSync(path.join(outside, "file"), "utf8"), "outside");
});

test("a staged context is replaced as a whole by another tag, and left alone by the same", (t) => {
  const directory = target(t);
  const one = readContext(directoryWith(t, files), "none");
  const two = readContext(directoryWith(t, { "a/b.go": "package b\n" }), "none");

  const staged = stageContext(one, directory, "one");
  const written = fs.statSync(path.join(staged, "main.go")).ino;
  assert.equal(stageContext(one, directory, "one"), staged);
  assert.equal(fs.statSync(path.join(staged, "main.go")).ino, written);

  assert.equal(stageContext(two, directory, "two"), staged);
  assert.deepEqual(readContext(staged, "none").entries, two.entries);
});

test("a file that changes between its hash and its copy stops the build, and the next run stages it", (t) => {
  const app = directoryWith(t, files);
  const directory = target(t);
  const context = readContext(app, "none");
  fs.writeFileSync(path.join(app, "main.go"), "package other\n");
  assert.throws(() => stageContext(context, directory, "one"), {
    message: `${app}/main.go was changed while it was read. Run the command again.`,
  });
  const staged = stageContext(readContext(app, "none"), directory, "two");
  assert.equal(fs.readFileSync(path.join(staged, "main.go"), "utf8"), "package other\n");
});

test("a link that the provider can't hash is named before the build", (t) => {
  const app = directoryWith(t, files);
  const link = path.join(app, "link");
  const reasons = {
    link: "which can't be followed (ELOOP)",
    "/dev/null": "which is neither a file nor a directory",
  };
  for (const [to, reason] of Object.entries(reasons)) {
    fs.symlinkSync(to, link);
    assert.throws(() => stageContext(readContext(app, "none"), target(t), "tag"), {
      message:
        `${link} is a link to ${to}, ${reason}, and the docker-build provider reads what a link points to. ` +
        `Remove the link, or add it to ${app}/.dockerignore if the image doesn't need it.`,
    });
    fs.rmSync(link);
  }
});

test("a context without entries is staged too", (t) => {
  assert.deepEqual(fs.readdirSync(stageContext(readContext(directoryWith(t, {}), "none"), target(t), "tag")), []);
});
