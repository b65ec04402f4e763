import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { verifyBinaries } from "../../../../../infra/image/binaries/verify-binaries";
import { imageRegistry, type PlatformImage } from "../../../image-registry";
import { elf } from "../../../layers";

const nonRoot = { uid: 65532, gid: 65532 };
const amd64 = elf("linux/amd64");
const arm64 = elf("linux/arm64");
const starting = (binary: Buffer): PlatformImage => ({ config: { Entrypoint: ["/ping"] }, layers: [{ ping: binary }] });

/** Verifies an image that a registry has. */
async function verify(t: TestContext, images: Readonly<Record<string, PlatformImage>>, args: readonly string[] = []) {
  const registry = await imageRegistry(t, images);
  const { repository, platforms, asked } = registry;
  const image = { name: "ping@sha256:1", repository, login: undefined, platforms, args };
  return { registry, asked, verify: () => verifyBinaries(image, "Build it again.") };
}

test("an image whose binaries are for its platforms passes, by a manifest, a configuration and a layer of each", async (t) => {
  const base = { "bin/sh": amd64 };
  const image = (binary: Buffer) => ({ ...starting(binary), layers: [{ ping: binary }, base] });
  const { verify: run, asked } = await verify(t, { "linux/amd64": image(amd64), "linux/arm64": image(arm64) });
  assert.deepEqual(await run(), { user: nonRoot, doubts: [] });
  assert.deepEqual(asked.sort(), ["blobs", "blobs", "blobs", "blobs", "manifests", "manifests"]);
});

test("a binary for another machine is an error that names the platform, the file, what it is and what to do", async (t) => {
  const { verify: run } = await verify(t, { "linux/amd64": starting(amd64), "linux/arm64": starting(amd64) });
  await assert.rejects(run(), {
    message:
      "in the image ping@sha256:1, linux/arm64 starts /ping, which is a binary for linux/amd64. " +
      'A pod on such a node would fail with "exec format error". Build it again.',
  });
  const { verify: swapped } = await verify(t, { "linux/amd64": starting(arm64), "linux/arm64": starting(amd64) });
  await assert.rejects(
    swapped(),
    /linux\/amd64 starts \/ping, which is a binary for linux\/arm64; linux\/arm64 starts/,
  );
});

for (const [what, image, why] of [
  ["a shell form", { config: { Cmd: ["/bin/sh", "-c", "./ping"] }, layers: [{}] }, "/bin/sh is a shell, which"],
  ["a script", { config: { Cmd: ["/run"] }, layers: [{ run: "#!/bin/sh\n./ping\n" }] }, "/run is a script, which"],
] as const) {
  test(`what can't be judged is said once for all of its platforms, and passes: ${what}`, async (t) => {
    const on = (shell: Buffer) => ({ ...image, layers: [...image.layers, { "bin/sh": shell }] });
    const { verify: run } = await verify(t, { "linux/amd64": on(amd64), "linux/arm64": on(arm64) });
    assert.deepEqual(await run(), {
      user: nonRoot,
      doubts: [
        `whether the image ping@sha256:1 runs on linux/amd64 and linux/arm64 isn't checked: ${why} may start anything`,
      ],
    });
    const { verify: wrong } = await verify(t, { "linux/amd64": on(amd64), "linux/arm64": on(amd64) });
    await assert.rejects(wrong(), /linux\/arm64 starts \/bin\/sh, which is a binary for linux\/amd64/);
  });
}

test("the container's arguments take the place of the image's CMD", async (t) => {
  const image = { config: { Cmd: ["/ping"] }, layers: [{ ping: amd64, pong: arm64 }] };
  const { verify: run } = await verify(t, { "linux/amd64": image }, ["/pong"]);
  await assert.rejects(run(), /linux\/amd64 starts \/pong, which is a binary for linux\/arm64/);
});

test("a layer that the registry doesn't give is said, and passes with the user of the configuration", async (t) => {
  const image = starting(arm64);
  const { verify: run, registry } = await verify(t, {
    "linux/arm64": { ...image, config: { ...image.config, User: "10001" } },
  });
  const layer = [...registry.content].find(([, content]) => Buffer.isBuffer(content));
  registry.content.delete(layer?.[0] ?? "");
  assert.deepEqual(await run(), {
    user: { uid: 10001, gid: 10001 },
    doubts: [
      "whether the image ping@sha256:1 runs on linux/arm64 isn't checked: " +
        `GET http://${registry.repository.name.replace("/", "/v2/")}/blobs/${layer?.[0]} gave 404 BLOB_UNKNOWN`,
    ],
  });
});

test("an image without a configuration of what starts is said, and passes", async (t) => {
  const { verify: run } = await verify(t, { "linux/arm64": { config: {}, layers: [] } });
  const { user, doubts } = await run();
  assert.deepEqual(user, nonRoot);
  assert.match(String(doubts), /neither ENTRYPOINT nor CMD names a program$/);
});

test("an image has the user of its configurations, in which the platforms agree", async (t) => {
  const image = (binary: Buffer, User: string) => ({ ...starting(binary), config: { Entrypoint: ["/ping"], User } });
  const images = (arm: string) => ({ "linux/amd64": image(amd64, "10001"), "linux/arm64": image(arm64, arm) });
  const { verify: run } = await verify(t, images("10001:10001"));
  assert.deepEqual(await run(), { user: { uid: 10001, gid: 10001 }, doubts: [] });
  const { verify: other } = await verify(t, images("app"));
  await assert.rejects(
    other(),
    /the platforms have different users: linux\/amd64 has USER 10001, linux\/arm64 has USER app\. /,
  );
});

test("an image whose configurations the registry doesn't give is said, and passes with no user of its own", async (t) => {
  const { verify: run, registry } = await verify(t, { "linux/arm64": starting(arm64) });
  registry.content.clear();
  const manifest = registry.platforms["linux/arm64"];
  assert.deepEqual(await run(), {
    user: undefined,
    doubts: [
      "whether the image ping@sha256:1 runs on linux/arm64 isn't checked: " +
        `GET http://${registry.repository.name.replace("/", "/v2/")}/manifests/${manifest} gave 404 BLOB_UNKNOWN`,
      "the user of the image ping@sha256:1 can't be read, so its pods have the former one, or 65532",
    ],
  });
});
