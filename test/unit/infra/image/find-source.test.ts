import assert from "node:assert/strict";
import { test } from "node:test";
import { findSource } from "../../../../infra/image/find-source";
import { Mocks } from "../../../support/mocks";
import { buildSource } from "../../build-source";

const repository = { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" };
const digest = `sha256:${"a".repeat(64)}`;
const from = (stack: string) => ({ kind: "stack", stack, image: undefined }) as const;

test("an image to build, or one by digest, stays as it is, and no stack is asked", async () => {
  const mocks = await Mocks.start();
  const pinned = { kind: "pinned", repository, digest } as const;
  assert.equal(await findSource(buildSource, undefined), buildSource);
  assert.equal(await findSource(pinned, undefined), pinned);
  assert.deepEqual(await mocks.registered(), []);
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} deploys the digest that the other stack deploys`, async () => {
    const mocks = await Mocks.start({ preview, stacks: { staging: { image: `ghcr.io/me/ping@${digest}` } } });
    assert.deepEqual(await findSource(from("staging"), undefined), {
      kind: "pinned",
      repository,
      digest,
      promotedFrom: "ghcr.io",
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
    await assert.rejects(findSource(from("staging"), undefined), {
      message:
        "the output image of stack staging must be an image by digest, host[:port]/path@sha256:<64 hex digits>; " +
        `it is ${JSON.stringify(image)}. Deploy that stack with this program, or choose another one in imageFrom.`,
    });
  }
});

test("what the other stack calls a secret isn't shown", async () => {
  await Mocks.start({ stacks: { staging: { image: "hush" } }, secretOutputs: ["image"] });
  await assert.rejects(findSource(from("staging"), undefined), /must be an image by digest, .*; it is \[secret\]\./);
});

test("a stack without the output is an error that names those it has", async () => {
  await Mocks.start({ stacks: { network: { vpc: "v", zone: "z" } } });
  await assert.rejects(findSource(from("network"), undefined), {
    message: "the stack network has no output image; it has vpc, zone. Deploy it first.",
  });
  await assert.rejects(findSource(from("gone"), undefined), /the stack gone has no output image; it has none\./);
});

const account = { id: "111122223333", partition: "aws", region: "eu-central-1", allowedIds: ["111122223333"] };
const inEcr = (owner: string) => {
  const host = `${owner}.dkr.ecr.eu-central-1.amazonaws.com`;
  return { repository: { name: `${host}/ping`, host, path: "ping" }, digest };
};

test("an image that is given goes before the other stack's, which is asked only who vouches for another account", async () => {
  const stacks = { staging: { image: `${inEcr("444455556666").repository.name}@sha256:${"b".repeat(64)}` } };
  for (const image of [{ repository, digest }, inEcr("111122223333")]) {
    const mocks = await Mocks.start({ stacks });
    assert.deepEqual(await findSource({ kind: "stack", stack: "staging", image }, account), {
      kind: "pinned",
      ...image,
    });
    assert.deepEqual(await mocks.registered(), []);
  }
  for (const image of [inEcr("444455556666"), inEcr("777788889999")]) {
    const mocks = await Mocks.start({ stacks });
    assert.deepEqual(await findSource({ kind: "stack", stack: "staging", image }, account), {
      kind: "pinned",
      ...image,
      promotedFrom: inEcr("444455556666").repository.host,
    });
    assert.deepEqual(await mocks.registered(), ["pulumi:pulumi:StackReference image-stack"]);
  }
});
