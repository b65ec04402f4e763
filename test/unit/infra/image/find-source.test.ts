import assert from "node:assert/strict";
import { test } from "node:test";
import { findSource } from "../../../../infra/image/find-source";
import { buildSource } from "../../build-source";
import { Mocks } from "../../mocks";

const repository = { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" };
const digest = `sha256:${"a".repeat(64)}`;

test("an image to build, or one by digest, stays as it is, and no stack is asked", async () => {
  const mocks = await Mocks.start();
  const pinned = { kind: "pinned", repository, digest } as const;
  assert.equal(await findSource(buildSource), buildSource);
  assert.equal(await findSource(pinned), pinned);
  assert.deepEqual(await mocks.registered(), []);
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} deploys the digest that the other stack deploys`, async () => {
    const mocks = await Mocks.start({ preview, stacks: { staging: { image: `ghcr.io/me/ping@${digest}` } } });
    assert.deepEqual(await findSource({ kind: "stack", stack: "staging" }), {
      kind: "pinned",
      repository,
      digest,
    });
    await mocks.registered();
    assert.deepEqual(mocks.resources, [
      { type: "pulumi:pulumi:StackReference", name: "image-stack", inputs: { name: "staging" } },
    ]);
  });
}

test("a tag, or anything else but an image by digest, is refused", async () => {
  for (const image of ["ghcr.io/me/ping:v1", "ping", 7]) {
    await Mocks.start({ stacks: { staging: { image } } });
    await assert.rejects(findSource({ kind: "stack", stack: "staging" }), {
      message:
        "the output image of stack staging must be an image by digest, host[:port]/path@sha256:<64 hex digits>; " +
        `it is ${JSON.stringify(image)}. Deploy that stack with this program, or choose another one in imageFrom.`,
    });
  }
});

test("what the other stack calls a secret isn't shown", async () => {
  await Mocks.start({ stacks: { staging: { image: "hush" } }, secretOutputs: ["image"] });
  await assert.rejects(
    findSource({ kind: "stack", stack: "staging" }),
    /must be an image by digest, .*; it is \[secret\]\./,
  );
});

test("a stack without the output is an error that names those it has", async () => {
  await Mocks.start({ stacks: { network: { vpc: "v", zone: "z" } } });
  await assert.rejects(findSource({ kind: "stack", stack: "network" }), {
    message: "the stack network has no output image; it has vpc, zone. Deploy it first.",
  });
  await assert.rejects(
    findSource({ kind: "stack", stack: "gone" }),
    /the stack gone has no output image; it has none\./,
  );
});
