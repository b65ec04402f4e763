import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { type BuildInputs, contentTag, readContext, stageContext } from "../../../../infra/image/build-context";
import { directoryWith } from "../../files";

const dockerfile = Buffer.from("FROM scratch\n");
const platforms = ["linux/amd64", "linux/arm64"];
const bases = { "golang:1.26": "sha256:a", debian: "sha256:b" };
const labels = { one: "1", two: "2" };
const args = { GOPROXY: "https://proxy.example.com", GOPRIVATE: "example.com" };
const build = { args, secrets: ["netrc", "token"], ssh: ["default", "other"], target: undefined };
const inputs: BuildInputs = { platforms, bases, labels, rebuild: undefined, ...build };

/** The tag of a directory with these files. */
function tagOf(
  t: TestContext,
  files: Record<string, string>,
  change: (directory: string) => void = () => undefined,
): string {
  const directory = directoryWith(t, files);
  change(directory);
  return contentTag(readContext(directory, "none"), dockerfile, inputs);
}

const files = { "main.go": "package main\n", "a/b.go": "package a\n", "a.go": "package main\n" };

test("files come sorted by path, with their kind and content", (t) => {
  const directory = directoryWith(t, { ...files, "run.sh": "#!/bin/sh\n" });
  fs.chmodSync(path.join(directory, "run.sh"), 0o700);
  fs.symlinkSync("missing", path.join(directory, "link"));
  fs.mkdirSync(path.join(directory, "empty"));
  assert.deepEqual(readContext(directory, "none"), [
    { path: "a.go", kind: "plain", content: Buffer.from("package main\n") },
    { path: "a/b.go", kind: "plain", content: Buffer.from("package a\n") },
    { path: "link", kind: "link", content: Buffer.from("missing") },
    { path: "main.go", kind: "plain", content: Buffer.from("package main\n") },
    { path: "run.sh", kind: "executable", content: Buffer.from("#!/bin/sh\n") },
  ]);
});

test(".dockerignore decides what counts, the Dockerfile's own before the directory's", (t) => {
  const directory = directoryWith(t, {
    "app/.dockerignore": "# only Go\n*\n!**/*.go\n**/*_test.go\n",
    "app/main.go": "",
    "app/main_test.go": "",
    "app/a/b.go": "",
    "app/a/c.txt": "",
    "other.Dockerfile.dockerignore": "a\n.dockerignore\n",
  });
  const names = (name: string) =>
    readContext(path.join(directory, "app"), path.join(directory, name)).map((file) => file.path);
  assert.deepEqual(names("Dockerfile"), ["a/b.go", "main.go"]);
  assert.deepEqual(names("other.Dockerfile"), ["main.go", "main_test.go"]);
});

test("the tag is 16 hex digits that don't depend on directory, times, permission bits or order of creation", (t) => {
  const tag = tagOf(t, files);
  assert.match(tag, /^[0-9a-f]{16}$/);
  const reversed = Object.fromEntries(Object.entries(files).reverse());
  assert.equal(tagOf(t, reversed), tag);
  const touched = tagOf(t, files, (directory) => {
    fs.utimesSync(path.join(directory, "main.go"), 1, 1);
    fs.chmodSync(path.join(directory, "main.go"), 0o600);
    fs.chmodSync(path.join(directory, "a.go"), 0o666);
    fs.chmodSync(path.join(directory, "a"), 0o700);
  });
  assert.equal(touched, tag);
});

test("the tag changes with every content, path and executable bit, the Dockerfile and every input", (t) => {
  const context = readContext(directoryWith(t, files), "none");
  const tags = [
    tagOf(t, files),
    tagOf(t, { ...files, "main.go": "package main" }),
    tagOf(t, { ...files, "c.go": "" }),
    tagOf(t, { "main.go": files["main.go"], "a.go": files["a.go"] }),
    tagOf(t, { "main.go": files["main.go"], "a.go": files["a.go"], "a/c.go": files["a/b.go"] }),
    tagOf(t, files, (directory) => fs.chmodSync(path.join(directory, "main.go"), 0o755)),
    contentTag(context, Buffer.from("FROM scratch"), inputs),
    contentTag(context, dockerfile, { ...inputs, platforms: ["linux/amd64"] }),
    contentTag(context, dockerfile, { ...inputs, platforms: ["linux/arm64", "linux/amd64"] }),
    contentTag(context, dockerfile, { ...inputs, platforms: ["linux/amd64"], rebuild: "linux/arm64" }),
    contentTag(context, dockerfile, { ...inputs, bases: { ...bases, debian: "sha256:c" } }),
    contentTag(context, dockerfile, { ...inputs, bases: { debian: "sha256:b" } }),
    contentTag(context, dockerfile, { ...inputs, bases: {} }),
    contentTag(context, dockerfile, { ...inputs, labels: { ...labels, two: "3" } }),
    contentTag(context, dockerfile, { ...inputs, labels: { one: "1" } }),
    contentTag(context, dockerfile, { ...inputs, bases: {}, labels: { ...labels, ...bases } }),
    contentTag(context, dockerfile, { ...inputs, rebuild: "1" }),
    contentTag(context, dockerfile, { ...inputs, rebuild: "2" }),
    contentTag(context, dockerfile, { ...inputs, args: { ...args, GOPRIVATE: "example.org" } }),
    contentTag(context, dockerfile, { ...inputs, args: { GOPROXY: args.GOPROXY } }),
    contentTag(context, dockerfile, { ...inputs, secrets: ["netrc"] }),
    contentTag(context, dockerfile, { ...inputs, ssh: ["other", "default"] }),
    contentTag(context, dockerfile, { ...inputs, secrets: [...build.secrets, ...build.ssh], ssh: [] }),
    contentTag(context, dockerfile, { ...inputs, target: "1" }),
    contentTag([], dockerfile, inputs),
  ];
  assert.equal(new Set(tags).size, tags.length);
});

test("the tag doesn't depend on the order of bases, labels, build arguments and secrets", () => {
  const reversed = {
    bases: { debian: "sha256:b", "golang:1.26": "sha256:a" },
    labels: { two: "2", one: "1" },
    args: { GOPRIVATE: args.GOPRIVATE, GOPROXY: args.GOPROXY },
    secrets: ["token", "netrc"],
  };
  assert.equal(contentTag([], dockerfile, { ...inputs, ...reversed }), contentTag([], dockerfile, inputs));
});

test("bytes can't move from one part to the next unnoticed", () => {
  const plain = (name: string, content: string) => ({
    path: name,
    kind: "plain" as const,
    content: Buffer.from(content),
  });
  assert.notEqual(
    contentTag([plain("a", "b"), plain("c", "d")], dockerfile, inputs),
    contentTag([plain("a", "bcplaind")], dockerfile, inputs),
  );
});

test("a staged context has the files alone, with the same permission bits under every umask", (t) => {
  const source = directoryWith(t, { ...files, "run.sh": "#!/bin/sh\n", ".dockerignore": "a.go\n.dockerignore\n" });
  fs.chmodSync(path.join(source, "run.sh"), 0o700);
  fs.symlinkSync("run.sh", path.join(source, "link"));
  const context = readContext(source, "none");
  const mode = (file: string) => (fs.lstatSync(file).mode & 0o777).toString(8);
  const before = process.umask(0o022);
  t.after(() => process.umask(before));
  for (const umask of [0o002, 0o022, 0o077]) {
    process.umask(umask);
    const staged = stageContext(context, path.join(directoryWith(t, {}), "staged"), "tag");
    assert.deepEqual(readContext(staged, "none"), context);
    assert.deepEqual(
      ["", "a", "a/b.go", "main.go", "run.sh"].map((name) => mode(path.join(staged, name))),
      ["755", "755", "644", "644", "755"],
    );
  }
});

test("a staged context is replaced as a whole by another tag, and left alone by the same", (t) => {
  const directory = path.join(directoryWith(t, {}), "staged");
  const one = readContext(directoryWith(t, files), "none");
  const two = readContext(directoryWith(t, { "a/b.go": "package b\n" }), "none");

  const staged = stageContext(one, directory, "one");
  const written = fs.statSync(path.join(staged, "main.go")).ino;
  assert.equal(stageContext(one, directory, "one"), staged);
  assert.equal(fs.statSync(path.join(staged, "main.go")).ino, written);

  assert.equal(stageContext(two, directory, "two"), staged);
  assert.deepEqual(readContext(staged, "none"), two);
});
