import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { once } from "node:events";
import { test } from "node:test";
import { type ContextEntry, gitWarning, readContext } from "../../../../../infra/image/content/build-context";
import { directoryWith } from "../../../../support/files";

const plain = (name: string, content = ""): ContextEntry => ({
  path: name,
  kind: "plain",
  content: createHash("sha256").update(content).digest("hex"),
});
const link = (name: string, target: string): ContextEntry => ({ path: name, kind: "link", content: target });
const directory = (name: string): ContextEntry => ({ path: name, kind: "directory", content: "" });

const read = (app: string) => readContext(app, "none", path.join(app, "Dockerfile")).entries;

/** Runs a function as a user whom permission bits keep out. Root reads everything. */
function asNobody<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) {
    return work();
  }
  process.seteuid?.("nobody");
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

test("files and links come sorted by path, with their kind and content", (t) => {
  const app = directoryWith(t, { "main.go": "package main\n", "a/b.go": "b", "a.go": "a", "run.sh": "#!/bin/sh\n" });
  fs.chmodSync(path.join(app, "run.sh"), 0o700);
  fs.symlinkSync("missing", path.join(app, "link"));
  assert.deepEqual(read(app), [
    plain("a.go", "a"),
    plain("a/b.go", "b"),
    link("link", "missing"),
    plain("main.go", "package main\n"),
    { ...plain("run.sh", "#!/bin/sh\n"), kind: "executable" },
  ]);
});

test("the Dockerfile's own ignore file comes before the directory's, and a named context has only the latter", (t) => {
  const root = directoryWith(t, {
    "app/.dockerignore": "*\n!**/*.go\n**/*_test.go\n",
    "app/main.go": "",
    "app/main_test.go": "",
    "app/a/b.go": "",
    "app/a/c.txt": "",
    "other.Dockerfile.dockerignore": "a\n.dockerignore\n",
  });
  const app = path.join(root, "app");
  const of = (dockerfile?: string) => {
    const { entries, ignoreFile } = readContext(app, "none", dockerfile && path.join(root, dockerfile));
    return [path.relative(root, ignoreFile), entries.map((entry) => entry.path)];
  };
  assert.deepEqual(of("Dockerfile"), ["app/.dockerignore", ["a/b.go", "main.go"]]);
  assert.deepEqual(of("other.Dockerfile"), ["other.Dockerfile.dockerignore", ["main.go", "main_test.go"]]);
  assert.deepEqual(of(), ["app/.dockerignore", ["a/b.go", "main.go"]]);
});

test("a link is an entry, whatever it leads to, and nothing behind it is read", (t) => {
  const root = directoryWith(t, {
    "app/.dockerignore": "node_modules\n.dockerignore\n",
    "app/packages/one/index.js": "",
    "outside/secret": "",
    "app/z/file": "",
  });
  const app = path.join(root, "app");
  fs.mkdirSync(path.join(app, "node_modules"));
  const links = {
    a: "z",
    abs: path.join(root, "outside"),
    l: ".",
    m: ".",
    self: "self",
    shared: "../outside",
    "packages/one/up": "..",
    "node_modules/one": "../packages/one",
    "node_modules/two": "../packages/one",
  };
  Object.entries(links).forEach(([name, target]) => fs.symlinkSync(target, path.join(app, name)));
  assert.deepEqual(read(app), [
    link("a", "z"),
    link("abs", path.join(root, "outside")),
    link("l", "."),
    link("m", "."),
    plain("packages/one/index.js"),
    link("packages/one/up", ".."),
    link("self", "self"),
    link("shared", "../outside"),
    plain("z/file"),
  ]);
});

test("a directory without anything to send is sent if another clone has it too", (t) => {
  const app = directoryWith(t, {
    ".dockerignore": "**/.gitkeep\nstatic/cache/*\nignored\n.dockerignore\n",
    "static/.gitkeep": "",
    "static/cache/x": "",
    "data/in/.gitkeep": "",
    "ignored/.gitkeep": "",
    "main.go": "",
  });
  fs.mkdirSync(path.join(app, "empty/below"), { recursive: true });
  assert.deepEqual(read(app), [directory("data/in"), plain("main.go"), directory("static/cache")]);
});

test("an ignored directory that can't be read is passed over, and anything else is named", (t) => {
  const app = directoryWith(t, { ".dockerignore": "private\n!private/*/x\n", "private/file": "", "main.go": "" });
  fs.chmodSync(app, 0o755);
  fs.chmodSync(path.join(app, "private"), 0o000);
  assert.deepEqual(
    asNobody(() => read(app)),
    [plain(".dockerignore", "private\n!private/*/x\n"), plain("main.go")],
  );

  const message = (name: string, reason: string) => ({
    message: `${app}/${name} can't be read (EACCES: permission denied, ${reason} '${app}/${name}'). Make it readable, or add it to ${app}/.dockerignore if the image doesn't need it.`,
  });
  fs.chmodSync(path.join(app, "main.go"), 0o000);
  assert.throws(() => asNobody(() => read(app)), message("main.go", "open"));
  fs.writeFileSync(path.join(app, ".dockerignore"), "");
  assert.throws(() => asNobody(() => read(app)), message("private", "scandir"));
  fs.chmodSync(path.join(app, "private"), 0o700);
});

test("what can't be in an image is named, unless it is ignored", async (t) => {
  const app = directoryWith(t, { "main.go": "" });
  const server = net.createServer().listen(path.join(app, "run.sock"));
  await once(server, "listening");
  const advice = `or add it to ${app}/.dockerignore if the image doesn't need it.`;
  assert.throws(() => read(app), {
    message: `${app}/run.sock is a socket, which no other clone has. Remove it, ${advice}`,
  });
  fs.writeFileSync(path.join(app, ".dockerignore"), "*\n!main.go");
  assert.deepEqual(read(app), [plain("main.go")]);
  server.close();
  await once(server, "close");

  fs.writeFileSync(path.join(app, ".dockerignore"), "");
  execFileSync("mkfifo", [path.join(app, "pipe")]);
  assert.throws(() => read(app), {
    message: `${app}/pipe is a named pipe, which no other clone has. Remove it, ${advice}`,
  });
  fs.rmSync(path.join(app, "pipe"));

  for (const make of [fs.mkdirSync, (name: Buffer) => fs.writeFileSync(name, "")]) {
    const name = Buffer.concat([Buffer.from(`${app}/caf`), Buffer.from([0xe9])]);
    make(name);
    assert.throws(() => read(app), { message: `${app}/caf\uFFFD has a name that isn't UTF-8. Rename it, ${advice}` });
    fs.writeFileSync(path.join(app, ".dockerignore"), "caf?\n.dockerignore\n");
    assert.deepEqual(read(app), [plain("main.go")]);
    fs.writeFileSync(path.join(app, ".dockerignore"), "");
    fs.rmSync(name, { recursive: true });
  }
  fs.symlinkSync(Buffer.from([0xe9]), path.join(app, "link"));
  assert.throws(() => read(app), { message: `${app}/link is a link to a name that isn't UTF-8. Remove it, ${advice}` });
  fs.rmSync(path.join(app, "link"));
  fs.writeFileSync(path.join(app, "real\uFFFD"), "");
  assert.deepEqual(read(app), [plain(".dockerignore"), plain("main.go"), plain("real\uFFFD")]);
});

test("an ignore file that is a directory is named", (t) => {
  const app = directoryWith(t, { ".dockerignore/file": "" });
  assert.throws(() => read(app), {
    message: `${app}/.dockerignore is a directory, and must be a file with a pattern on each line. Rename the directory.`,
  });
});

test("staged copies are no part of a context, from wherever it starts", (t) => {
  const app = directoryWith(t, { "main.go": "", "node_modules/.cache/ping/dev/ping/context/main.go": "" });
  const staging = path.join(app, "node_modules/.cache/ping");
  assert.deepEqual(readContext(app, staging).entries, [plain("main.go")]);
  fs.writeFileSync(path.join(app, "node_modules/package.json"), "");
  fs.symlinkSync(".", path.join(app, "link"));
  assert.deepEqual(readContext(path.join(app, "link"), staging).entries, [
    link("link", "."),
    plain("main.go"),
    plain("node_modules/package.json"),
  ]);
});

test("the repository's .git in a context gets a warning that says how to leave it out", (t) => {
  const app = directoryWith(t, { ".git/HEAD": "", ".gitignore": "", "main.go": "" });
  assert.equal(
    gitWarning(readContext(app, "none")),
    `${app}/.git is sent to the builder and differs in each clone, so the same commit gets another image tag in each. ` +
      `Add .git to ${app}/.dockerignore.`,
  );
  fs.writeFileSync(path.join(app, ".dockerignore"), ".git\n");
  assert.equal(gitWarning(readContext(app, "none")), undefined);
});
