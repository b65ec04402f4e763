import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { readContext } from "../../../../../infra/image/content/build-context";
import { stageContext } from "../../../../../infra/image/content/stage-context";
import { stageDockerfile } from "../../../../../infra/image/content/stage-dockerfile";
import { directoryWith } from "../../../../support/files";

const text = "FROM golang@sha256:1 AS golang\n";

test("a staged Dockerfile has an ignore file that lets all of the copy through, whatever the copy's own says", (t) => {
  const root = directoryWith(t, {
    "app/Dockerfile": "FROM golang AS golang\n",
    "app/Dockerfile.dockerignore": "secret.txt\n",
    "app/.dockerignore": "*\n",
    "app/main.go": "package main\n",
    "app/secret.txt": "hush\n",
  });
  const context = readContext(path.join(root, "app"), "none", path.join(root, "app/Dockerfile"));
  const target = path.join(root, "staged");
  const copy = stageContext(context, target, "tag");
  const dockerfile = stageDockerfile(text, target);
  assert.equal(fs.readFileSync(dockerfile, "utf8"), text);
  const sent = readContext(copy, "none", dockerfile);
  assert.deepEqual(
    { ignoreFile: sent.ignoreFile, entries: sent.entries },
    { ignoreFile: `${dockerfile}.dockerignore`, entries: context.entries },
  );
  assert.notEqual(fs.readFileSync(sent.ignoreFile, "utf8"), "", "an empty one counts as none");
  assert.deepEqual(
    sent.entries.map(({ path: name }) => name),
    [".dockerignore", "Dockerfile", "Dockerfile.dockerignore", "main.go"],
  );
});

test("a staged Dockerfile is left alone by the same text, and replaced by another", (t) => {
  const target = directoryWith(t, {});
  const dockerfile = stageDockerfile(text, target);
  const files = [dockerfile, `${dockerfile}.dockerignore`];
  const long = new Date(0);
  files.forEach((file) => fs.utimesSync(file, long, long));
  assert.equal(stageDockerfile(text, target), dockerfile);
  assert.deepEqual(
    files.map((file) => fs.statSync(file).mtimeMs),
    [0, 0],
  );
  stageDockerfile("FROM scratch\n", target);
  assert.equal(fs.readFileSync(dockerfile, "utf8"), "FROM scratch\n");
});
