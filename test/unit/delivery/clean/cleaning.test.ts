import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, describe, type Grace, rounds, type Use } from "../../../../delivery/clean/cleaning";
import type { Manifest } from "../../../../delivery/clean/manifests";

/** A digest that begins with a letter and can be told from others by it. */
const digest = (name: string) => `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0")}`;
const hex = (name: string) => digest(name).slice("sha256:".length);
const now = new Date("2026-11-29T12:00:00Z");
const old = new Date("2026-10-01T12:00:00Z");
const grace: Grace = { newest: 2, age: 24, now };
const contentTag = "0123456789abcdef";

function manifest(name: string, rest: Partial<Manifest> = {}): Manifest {
  return {
    digest: digest(name),
    tags: [],
    pushed: old,
    parts: [],
    subject: undefined,
    blobs: { [digest(name)]: 1_000_000 },
    ...rest,
  };
}

/** An index with two platforms, as BuildKit pushes one. */
function image(name: string, rest: Partial<Manifest> = {}): Manifest[] {
  const platforms = [`${name}-amd64`, `${name}-arm64`];
  return [
    manifest(name, { tags: [contentTag], parts: platforms.map(digest), ...rest }),
    ...platforms.map((each) => manifest(each)),
  ];
}

function use(stack: string, rest: Partial<Use> = {}): Use {
  return { stack, digests: [], tags: [], lastGood: undefined, recent: [], ...rest };
}

/** Name of a manifest → why it stays; those that go are left out. */
function staying(manifests: readonly Manifest[], uses: readonly Use[], given = grace): Record<string, string> {
  const name = (text: string) =>
    text.replaceAll(/sha256:([0-9a-f]{64})/g, (_, found: string) =>
      Buffer.from(found, "hex").toString().replaceAll("\0", ""),
    );
  return Object.fromEntries(
    decide(manifests, uses, given).flatMap(({ manifest: { digest: of }, stays, why }) =>
      stays ? [[name(of), name(why)]] : [],
    ),
  );
}

const parts = (name: string) => ({ [`${name}-amd64`]: `part of ${name}`, [`${name}-arm64`]: `part of ${name}` });

const cases: Readonly<Record<string, [readonly Manifest[], readonly Use[], Record<string, string>]>> = {
  "an image that no stack uses goes with its platforms": [image("a"), [use("prod")], {}],
  "an image whose digest is in a stack's state stays with its platforms": [
    [...image("a"), ...image("b")],
    [use("staging"), use("prod", { digests: [digest("a")] })],
    { a: "prod uses it", ...parts("a") },
  ],
  "one whose tag alone is there stays: an update that builds it is running": [
    image("a"),
    [use("prod", { tags: [contentTag] })],
    { a: "prod uses it", ...parts("a") },
  ],
  "the last good release stays, which another one runs over": [
    [...image("a"), ...image("b")],
    [use("prod", { digests: [digest("b")], lastGood: digest("a") })],
    { a: "the last good release of prod", ...parts("a"), b: "prod uses it", ...parts("b") },
  ],
  "the newest good releases of each stack stay, and no older one": [
    [...image("a"), ...image("b"), ...image("c"), ...image("d")],
    [
      use("staging", { recent: ["a", "b", "c"].map((name) => digest(name).slice(0, 23)) }),
      use("prod", { recent: [digest("d").slice(0, 23)] }),
    ],
    {
      ...{ a: "one of the 2 newest releases of staging", ...parts("a") },
      ...{ b: "one of the 2 newest releases of staging", ...parts("b") },
      ...{ d: "one of the 2 newest releases of prod", ...parts("d") },
    },
  ],
  "what was pushed just now stays: its build may not have recorded it yet": [
    [
      ...image("a", { pushed: new Date("2026-11-28T12:00:01Z") }),
      ...image("b", { pushed: new Date("2026-11-28T12:00:00Z") }),
    ],
    [use("prod")],
    { a: "pushed in the last 24 hours", ...parts("a") },
  ],
  "a registry that doesn't say when an image was pushed keeps none for that": [
    image("a", { pushed: undefined }),
    [use("prod")],
    {},
  ],
  "a tag that no build gives stays with what it names, such as a cache": [
    [...image("a", { tags: [contentTag, "v1"] }), manifest("cache", { tags: ["cache-main"] })],
    [use("prod")],
    {
      a: "its tag v1 is not of a build's content",
      ...parts("a"),
      cache: "its tag cache-main is not of a build's content",
    },
  ],
  "what is attached to an image that stays does too, by a subject, by a tag, and to its platforms": [
    [
      ...image("a"),
      manifest("provenance", { subject: digest("a") }),
      manifest("signature", { subject: digest("provenance") }),
      manifest("sbom", { subject: digest("a-arm64") }),
      manifest("list", { tags: [`sha256-${hex("a")}`], parts: [digest("listed")] }),
      manifest("listed"),
      manifest("att", { tags: [`sha256-${hex("a-amd64")}.att`] }),
    ],
    [use("prod", { digests: [digest("a")] })],
    {
      a: "prod uses it",
      ...parts("a"),
      provenance: "attached to a",
      signature: "attached to provenance",
      sbom: "attached to a-arm64",
      list: "attached to a",
      listed: "part of list",
      att: "attached to a-amd64",
    },
  ],
  "what is attached to an image that goes does too, and so does what is attached to nothing": [
    [
      ...image("a"),
      manifest("provenance", { subject: digest("a") }),
      manifest("list", { tags: [`sha256-${hex("a")}`], parts: [digest("listed")] }),
      manifest("listed"),
      manifest("orphan", { subject: digest("gone") }),
      manifest("att", { tags: [`sha256-${hex("gone")}.sig`] }),
    ],
    [use("prod")],
    {},
  ],
  "a platform that an index which stays and one that goes share stays": [
    [...image("a"), manifest("b", { tags: ["ffff456789abcdef"], parts: [digest("a-amd64")] })],
    [use("prod", { digests: [digest("a")] })],
    { a: "prod uses it", ...parts("a") },
  ],
  "a platform that a stack runs by its own digest stays, and its index goes": [
    image("a"),
    [use("prod", { digests: [digest("a-arm64")] })],
    { "a-arm64": "prod uses it" },
  ],
  "an index may list what the repository doesn't have": [
    [manifest("a", { tags: [contentTag], parts: [digest("elsewhere")] })],
    [use("prod", { digests: [digest("a"), digest("another repository's")] })],
    { a: "prod uses it" },
  ],
};

for (const [promise, [manifests, uses, expected]] of Object.entries(cases)) {
  test(promise, () => {
    assert.deepEqual(staying(manifests, uses), expected);
    assert.deepEqual(staying(manifests.toReversed(), uses), expected, "in whatever order a registry lists them");
  });
}

test("what goes is deleted before what it lists: ECR refuses to delete what an index lists", () => {
  const nested = manifest("nested", { parts: [digest("a")] });
  const going = rounds(
    decide([...image("a"), nested, ...image("b")], [use("prod", { digests: [digest("b")] })], grace),
  );
  assert.deepEqual(
    going.map((round) => round.map((each) => each.digest)),
    [[digest("nested")], [digest("a")], [digest("a-amd64"), digest("a-arm64")]],
  );
});

test("each manifest has a line, and what is freed is only what nothing that stays has", () => {
  const shared = { [digest("layer")]: 5_000_000 };
  const [a, b] = [
    manifest("a", { tags: [contentTag], blobs: shared }),
    manifest("b", { blobs: { ...shared, [digest("b")]: 1_540_000 } }),
  ];
  assert.equal(
    describe(decide([b, a], [use("prod", { digests: [a.digest] })], grace)),
    [
      `stays ${a.digest} ${contentTag}: prod uses it`,
      `goes  ${b.digest}: nothing uses it`,
      "1 stay; 1 go, and with them 1.5 MB",
      "",
    ].join("\n"),
  );
});
