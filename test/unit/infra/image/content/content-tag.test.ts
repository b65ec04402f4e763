import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { type BuildContext, readContext } from "../../../../../infra/image/content/build-context";
import { type BuildInputs, contentTag } from "../../../../../infra/image/content/content-tag";
import { directoryWith } from "../../../../support/files";

const dockerfile = Buffer.from("FROM scratch\n");
const platforms = ["linux/amd64", "linux/arm64"];
const bases = { "golang:1.26": "sha256:a", debian: "sha256:b" };
const labels = { one: "1", two: "2" };
const args = { GOPROXY: "https://proxy.example.com", GOPRIVATE: "example.com" };
const build = { args, secrets: ["netrc", "token"], ssh: ["default", "other"], target: undefined, contexts: {} };
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

const empty = { entries: [] };

const files = { "main.go": "package main\n", "a/b.go": "package a\n", "a.go": "package main\n" };

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
    contentTag(empty, dockerfile, inputs),
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
  assert.equal(contentTag(empty, dockerfile, { ...inputs, ...reversed }), contentTag(empty, dockerfile, inputs));
});

test("bytes can't move from one part to the next unnoticed", () => {
  const tagOf = (entries: BuildContext["entries"]) => contentTag({ entries }, dockerfile, inputs);
  const link = (name: string, target: string) => ({ path: name, kind: "link", content: target }) as const;
  const tags = [
    tagOf([link("a", "b"), link("c", "d")]),
    tagOf([link("a", "bclinkd")]),
    tagOf([link("a", "b1:c4:link1:d")]),
    tagOf([link("ab", ""), link("c", "d")]),
    tagOf([{ path: "a", kind: "directory", content: "" }]),
    tagOf([{ path: "a", kind: "plain", content: "" }]),
  ];
  assert.equal(new Set(tags).size, tags.length);
});
