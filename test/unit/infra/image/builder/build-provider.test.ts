import assert from "node:assert/strict";
import { test } from "node:test";
import { buildProvider, providerOptions } from "../../../../../infra/image/builder/build-provider";
import { readContent } from "../../../../../infra/image/content/content";
import { projectWith } from "../../../../support/files";
import { Mocks, pushedDigest } from "../../../../support/mocks";
import { buildSource } from "../../../build-source";

test("a build has a provider of its own, which keeps the default provider's place in the state", async (t) => {
  projectWith(t, { "app/Dockerfile": "FROM scratch\n" });
  const content = readContent(buildSource, { images: [], base: undefined }, ["linux/amd64"]);
  const mocks = await Mocks.start();
  buildProvider({ kind: "build", source: buildSource, content, digest: undefined, repeated: 0 });
  assert.deepEqual(await mocks.registered(), ["pulumi:providers:docker-build image-builder"]);
  assert.deepEqual(providerOptions(undefined), { ignoreChanges: [], aliases: [{ name: "default_0_0_22" }] });
});

test("another DOCKER_HOST doesn't count for content that the registry has", () => {
  assert.deepEqual(providerOptions(pushedDigest).ignoreChanges, ["host"]);
});

test("an image that this stack doesn't build has no provider", async () => {
  const mocks = await Mocks.start();
  assert.deepEqual(buildProvider({ kind: "there", tag: "t", digest: pushedDigest, source: buildSource }), []);
  assert.deepEqual(await mocks.registered(), []);
});
