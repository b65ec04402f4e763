import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { fileAt, firstExecutable } from "../../../../../infra/image/binaries/image-file";
import { Layer } from "../../../../../infra/image/binaries/layer";
import { archive, directory, elf, type Files, gzip, hardlink, layersOf, symlink } from "../../../layers";

const arm64 = elf("linux/arm64");
const amd64 = elf("linux/amd64");

/** A file's path in the image, and what it is. */
const found = (path: string, platform = "linux/arm64") => ({ path, executable: { kind: "elf", platform } });

/** What is asked for → layers, the last one first, and the answer for `/app/bin`. */
const cases: Readonly<Record<string, readonly [Files[], object | undefined]>> = {
  "a file in the last layer": [[{ "app/bin": arm64 }, { "app/bin": amd64 }], found("/app/bin")],
  "a file whose directories are entries too": [[{ "app/": directory, "app/bin": arm64 }], found("/app/bin")],
  "a file named with ./": [[{ "./app/bin": arm64 }], found("/app/bin")],
  "a file of a layer below": [[{ "etc/x": "" }, { "app/bin": amd64 }], found("/app/bin", "linux/amd64")],
  "a long name": [
    [{ "app/bin": symlink(`/${"x".repeat(200)}`), ["x".repeat(200)]: arm64 }],
    found(`/${"x".repeat(200)}`),
  ],
  "no such file": [[{ "app/other": arm64 }, { "bin/app": arm64 }], undefined],
  "no layers": [[], undefined],
  "a file that nobody may execute": [
    [{ "app/bin": { type: "file", mode: 0o644 } }],
    { path: "/app/bin", executable: undefined },
  ],
  "a directory": [[{ "app/bin/": directory }], undefined],
  "a device": [[{ "app/bin": { type: "character-device" } }], undefined],

  "a whiteout": [[{ "app/.wh.bin": "" }, { "app/bin": amd64 }], undefined],
  "a whiteout of the directory": [[{ ".wh.app": "" }, { "app/bin": amd64 }], undefined],
  "a whiteout beside the file that takes its place": [
    [{ "app/.wh.bin": "", "app/bin": arm64 }, { "app/bin": amd64 }],
    found("/app/bin"),
  ],
  "a whiteout of another file": [[{ "app/.wh.bin2": "" }, { "app/bin": arm64 }], found("/app/bin")],
  "a whiteout below the file": [[{ "app/bin": arm64 }, { "app/.wh.bin": "" }], found("/app/bin")],
  "an opaque directory": [[{ "app/": directory, "app/.wh..wh..opq": "" }, { "app/bin": amd64 }], undefined],
  "an opaque directory that has the file": [
    [{ "app/.wh..wh..opq": "", "app/bin": arm64 }, { "app/bin": amd64 }],
    found("/app/bin"),
  ],
  "an opaque root": [[{ ".wh..wh..opq": "" }, { "app/bin": amd64 }], undefined],
  "another opaque directory": [[{ "etc/.wh..wh..opq": "" }, { "app/bin": arm64 }], found("/app/bin")],
  "a file in the directory's place": [[{ app: arm64 }, { "app/bin": amd64 }], undefined],

  "a hard link": [[{ "app/one": arm64, "app/bin": hardlink("app/one") }], found("/app/one")],
  "a hard link before its file": [[{ "app/bin": hardlink("./app/one"), "app/one": arm64 }], found("/app/one")],
  "a hard link, and another file of that name later": [
    [{ "app/one": amd64 }, { "app/one": arm64, "app/bin": hardlink("/app/one") }],
    found("/app/one"),
  ],
  "a hard link to a file of a layer below": [
    [{ "app/bin": hardlink("app/one") }, { "app/one": arm64 }],
    found("/app/one"),
  ],

  "a symbolic link": [[{ "app/bin": symlink("one"), "app/one": arm64 }], found("/app/one")],
  "an absolute link to a layer below": [[{ "app/bin": symlink("/opt/one") }, { "opt/one": arm64 }], found("/opt/one")],
  "a link to what a later layer has": [
    [{ "opt/one": arm64 }, { "app/bin": symlink("../opt/one"), "opt/one": amd64 }],
    found("/opt/one"),
  ],
  "a link that leads out of the image": [
    [{ "app/bin": symlink("../../../../opt/one") }, { "opt/one": arm64 }],
    found("/opt/one"),
  ],
  "a link for the directory": [[{ "opt/one/bin": arm64 }, { app: symlink("opt/one") }], found("/opt/one/bin")],
  "links to links, across layers": [
    [{ "app/bin": symlink("/a/one") }, { a: symlink("b") }, { "b/one": symlink("./two"), "b/two": arm64 }],
    found("/b/two"),
  ],
  "a link that a directory has replaced": [
    [{ "app/": directory }, { app: symlink("opt") }, { "opt/bin": amd64 }],
    undefined,
  ],
  "a link to nothing": [[{ "app/bin": symlink("/opt/none") }], undefined],
  "links in a circle": [[{ "app/bin": symlink("/app/two"), "app/two": symlink("bin") }], undefined],
};

for (const [what, [layers, expected]] of Object.entries(cases)) {
  test(`a path leads where a container's would: ${what}`, async () => {
    assert.deepEqual(await fileAt(layersOf(...layers), "/app/bin"), expected);
  });
}

test("a name in PATH is found in the first directory that has it, and in the last layer that does", async () => {
  const first = (...layers: Files[]) => firstExecutable(layersOf(...layers), ["/usr/bin/app", "/bin/app"]);
  assert.deepEqual(await first({ "bin/app": amd64 }, { "usr/bin/app": arm64 }), found("/bin/app", "linux/amd64"));
  assert.deepEqual(await first({ "usr/bin/app": arm64, "bin/app": amd64 }), found("/usr/bin/app"));
  assert.deepEqual(
    await first({ "usr/bin/.wh.app": "" }, { "usr/bin/app": amd64 }, { "bin/app": arm64 }),
    found("/bin/app"),
  );
  const plain = { type: "file", mode: 0o644 } as const;
  assert.deepEqual(await first({ "usr/bin/app": plain, "bin/app": arm64 }), found("/bin/app"));
  assert.deepEqual(await first({ "usr/bin/app": symlink("none") }, { "bin/app": arm64 }), found("/bin/app"));
  assert.deepEqual(await first({ usr: symlink("opt"), "opt/bin/app": arm64 }), found("/opt/bin/app"));
  assert.equal(await first({ "sbin/app": arm64 }), undefined);
});

/** A layer that counts the bytes that were taken from it. */
function counted(content: Buffer) {
  const counts = { opened: 0, bytes: 0 };
  const layer = new Layer(gzip, () => {
    counts.opened++;
    const chunks = function* () {
      for (let at = 0; at < content.length; at += 16_384) {
        const chunk = content.subarray(at, at + 16_384);
        counts.bytes += chunk.length;
        yield chunk;
      }
    };
    return Promise.resolve(Readable.from(chunks()));
  });
  return { layer, counts };
}

test("a layer is read as far as the file, layers below not at all, and nothing is read twice", async () => {
  // Random bytes, which don't shrink: 2 MB before the file and 4 MB from it on.
  const noise = randomBytes(2 << 20);
  const big = counted(
    gzipSync(
      await archive({
        "bin/busybox": Buffer.concat([arm64, noise]),
        "bin/sh": symlink("busybox"),
        "x/1": noise,
        "x/2": noise,
      }),
      { level: 0 },
    ),
  );
  const below = counted(gzipSync(await archive({ "lib/one": arm64 })));
  const layers = [big.layer, below.layer];
  assert.deepEqual(await fileAt(layers, "/bin/busybox"), found("/bin/busybox"));
  // Nothing goes on in the background: what was read stays little, also in memory.
  await setTimeout(20);
  assert.ok(big.counts.bytes < 1 << 19, `${big.counts.bytes} bytes for the first file`);
  assert.deepEqual(await fileAt(layers, "/bin/sh"), found("/bin/busybox"));
  assert.ok(big.counts.bytes > 2 << 20 && big.counts.bytes < 3 << 20, `${big.counts.bytes} bytes for the second`);
  assert.deepEqual(below.counts, { opened: 0, bytes: 0 });

  assert.deepEqual(await fileAt(layers, "/lib/one"), found("/lib/one"));
  assert.ok(big.counts.bytes > 6 << 20);
  assert.deepEqual([big.counts.opened, below.counts.opened], [1, 1]);
});

const oci = "application/vnd.oci.image.layer.v1.tar";
const docker = "application/vnd.docker.image.rootfs.diff.tar";

test("a layer's media type says how it is packed", async () => {
  const content = await archive({ "app/bin": arm64 });
  const read = (mediaType: string, bytes: Buffer) =>
    fileAt([new Layer(mediaType, () => Promise.resolve(Readable.from([bytes])))], "/app/bin");
  for (const mediaType of [oci, docker]) {
    assert.deepEqual(await read(mediaType, content), found("/app/bin"));
  }
  for (const mediaType of [gzip, `${docker}.gzip`, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"]) {
    assert.deepEqual(await read(mediaType, gzipSync(content)), found("/app/bin"));
  }
  await assert.rejects(
    read("application/vnd.in-toto+json", content),
    /a layer is application\/vnd.in-toto\+json, no tar/,
  );
  await assert.rejects(read(gzip, content), /incorrect header check/);
  await assert.rejects(read(gzip, gzipSync(content).subarray(0, 60)), /unexpected end of file/);
  await assert.rejects(read(oci, randomBytes(2048)), /Invalid tar header/);
});
