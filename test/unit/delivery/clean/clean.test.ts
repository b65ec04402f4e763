import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, type CleanArgs } from "../../../../delivery/clean/clean";
import type { Manifest } from "../../../../delivery/clean/manifests";
import { lastGoodTag } from "../../../../delivery/release/last-good";
import { recentTag } from "../../../../delivery/release/recent-releases";
import { ownerTag } from "../../../../delivery/stack/lock";
import { type Answer, fakeRun } from "../fake-run";

const host = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";
const repository = { name: `${host}/ping`, host, path: "ping" };
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const image = (digit: string) => `${repository.name}@${digest(digit)}`;
const manifest = (digit: string, tags = [digit.repeat(16)], parts: string[] = []): Manifest => ({
  digest: digest(digit),
  tags,
  pushed: new Date(0),
  parts,
  subject: undefined,
  blobs: {},
});

/** A stack: its tags and its state, or what the CLI says in its place. */
interface Stack {
  readonly tags?: Record<string, string>;
  readonly state?: object;
  readonly answer?: Answer;
}

/** A state with one resource. */
const state = (type: string, inputs: object, rest: object = {}) => ({ resources: [{ type, inputs }], ...rest });
const running = (digit: string) => state("kubernetes:apps/v1:Deployment", { image: image(digit) });

/** Backends by URL, the environment's own by no name, and a repository with these manifests. */
function world(backends: Record<string, Record<string, Stack>>, manifests: readonly Manifest[]) {
  const removed: string[][] = [];
  const told: string[] = [];
  const run = fakeRun((text, _, { env = {} }) => {
    const stacks = backends[env["PULUMI_BACKEND_URL"] ?? ""] ?? {};
    const stack = stacks[/--stack (\S+)$/.exec(text)?.[1] ?? ""];
    if (text === "pulumi stack ls --json") {
      return JSON.stringify(Object.keys(stacks).map((name) => ({ name })));
    }
    if (text.startsWith("pulumi stack tag ls --json ")) {
      return JSON.stringify(stack?.tags ?? {});
    }
    assert.match(text, /^pulumi stack export --stack /, "it only reads");
    return stack?.answer ?? JSON.stringify({ deployment: stack?.state ?? {} });
  });
  const store: CleanArgs["store"] = {
    list: () => Promise.resolve(manifests),
    remove: (some) => {
      removed.push(some.map((each) => each.digest));
      return Promise.resolve();
    },
  };
  const args: CleanArgs = {
    repository,
    store,
    backends: Object.keys(backends).filter((url) => url !== ""),
    grace: { newest: 1, age: 24, now: new Date() },
    pullers: [],
    isCertain: true,
  };
  return {
    removed,
    told,
    cleaned: (more: Partial<CleanArgs> = {}) => clean({ ...args, ...more }, run, (text) => told.push(text)),
  };
}

const all = ["a", "b", "c", "d", "e", "f"].map((each) => manifest(each));

test("what no stack of any backend uses goes, once --yes is given", async () => {
  const commit = "0".repeat(40);
  const backends = {
    "": {
      staging: { state: running("a"), tags: { [recentTag]: `${"b".repeat(16)} ${"f".repeat(16)}` } },
      prod: { state: {}, tags: { [lastGoodTag]: `${commit} ${image("c")}` } },
    },
    "s3://other": {
      // A build that is running is in the state by its tag alone.
      prod: {
        state: { pending_operations: [{ resource: { inputs: { tags: [`${repository.name}:${"d".repeat(16)}`] } } }] },
      },
    },
  };
  const { removed, told, cleaned } = world(backends, all);
  await cleaned({ isCertain: false });
  assert.deepEqual(removed, []);
  await cleaned();
  assert.deepEqual(removed, [[digest("e"), digest("f")]]);
  assert.equal(
    told[1],
    [
      `stays ${digest("a")} ${"a".repeat(16)}: staging uses it`,
      `stays ${digest("b")} ${"b".repeat(16)}: one of the 1 newest releases of staging`,
      `stays ${digest("c")} ${"c".repeat(16)}: the last good release of prod`,
      `stays ${digest("d")} ${"d".repeat(16)}: prod (s3://other) uses it`,
      `goes  ${digest("e")} ${"e".repeat(16)}: nothing uses it`,
      `goes  ${digest("f")} ${"f".repeat(16)}: nothing uses it`,
      "4 stay; 2 go, and with them 0.0 MB",
      "",
    ].join("\n"),
  );
  assert.equal(told[0], told[1]);
});

test("another repository's tags keep nothing, also where its name ends or begins as this one's does", async () => {
  const tags = [`${repository.name}-old:${"b".repeat(16)}`, `${host.replace(".dkr", "xdkr")}/ping:${"b".repeat(16)}`];
  const { removed, cleaned } = world(
    { "": { prod: { state: state("any", { tags, image: image("a") }) } } },
    all.slice(0, 2),
  );
  await cleaned();
  assert.deepEqual(removed, [[digest("b")]]);
});

test("an image that a stack's state only remembers isn't used", async () => {
  const build = { type: "docker-build:index:Image", id: digest("b"), outputs: { digest: digest("a") } };
  const stash = { type: "pulumi:index:Stash", outputs: { output: { digest: digest("b") } } };
  const { resources } = running("a");
  const { removed, cleaned } = world(
    { "": { prod: { state: { resources: [stash, build, ...resources] } } } },
    all.slice(0, 2),
  );
  await cleaned();
  assert.deepEqual(removed, [[digest("b")]]);
});

const provider = (...allowed: string[]) =>
  state("pulumi:providers:aws", { allowedAccountIds: JSON.stringify(allowed), of: image("a") });
const refusals: Readonly<Record<string, [Record<string, Record<string, Stack>>, Partial<CleanArgs>, RegExp]>> = {
  "a stack that can't be read": [
    { "": { staging: { state: running("a") }, prod: { answer: { status: 255, stderr: "error: AccessDenied\n" } } } },
    {},
    /^pulumi stack export --stack prod ended with 255: error: AccessDenied$/,
  ],
  "a stack whose tag isn't a release": [
    { "": { prod: { state: running("a"), tags: { [lastGoodTag]: "ping:latest" } } } },
    {},
    /^the stack tag last-good-release is "ping:latest"/,
  ],
  "a stack that a job is changing": [
    { "": { staging: { state: running("a") }, prod: { tags: { [ownerTag]: "42/1 runner 2026-11-29" } } } },
    {},
    /^the job 42\/1 runner 2026-11-29 is changing the stack prod and may deploy any image of \S+\. Nothing is deleted: /,
  ],
  "a backend without a stack": [
    { "": {} },
    {},
    /^the backend has no stack of this project, .* Check PULUMI_BACKEND_URL/,
  ],
  "another backend without a stack": [
    { "": { prod: { state: running("a") } }, "s3://other": {} },
    {},
    /^s3:\/\/other has no stack of this project/,
  ],
  "a repository that no stack uses": [
    { "": { staging: {}, prod: { state: { resources: [] } } } },
    {},
    /^none of the stacks staging, prod uses an image of \S+\/ping, so all of it would go\. Nothing is deleted\./,
  ],
  "an account that may pull, with no stack in it": [
    { "": { staging: { state: provider("111122223333") } } },
    { pullers: ["444455556666"] },
    /^444455556666 may pull from \S+\/ping too, and no stack that was read is of that account, .* backend of its stacks/,
  ],
  "such an account, with a stack that may be in it": [
    { "": { staging: { state: provider("111122223333", "444455556666") } } },
    { pullers: ["444455556666"] },
    /^444455556666 may pull/,
  ],
};

for (const [what, [backends, more, message]] of Object.entries(refusals)) {
  test(`nothing is deleted, nor listed, because of ${what}`, async () => {
    const { removed, told, cleaned } = world(backends, all);
    await assert.rejects(cleaned(more), { message });
    assert.deepEqual([removed, told], [[], []]);
  });
}

test("an account that may pull is known by its stacks, in whichever backend", async () => {
  const prod = { prod: { state: provider("444455556666") } };
  for (const backends of [{ "": prod }, { "": { staging: { state: running("b") } }, "s3://prod": prod }]) {
    const { removed, cleaned } = world(backends, all.slice(0, 1));
    await cleaned({ pullers: ["444455556666"] });
    assert.deepEqual(removed, []);
  }
});

test("an empty repository has nothing to delete", async () => {
  const { removed, cleaned } = world({ "": { prod: {} } }, []);
  await cleaned();
  assert.deepEqual(removed, []);
});

test("a stack that began to use an image while it was deleted is named, with what to do", async () => {
  const stacks: Record<string, Stack> = { prod: { state: running("a") } };
  const { cleaned } = world({ "": stacks }, all.slice(0, 2));
  const store: CleanArgs["store"] = {
    list: () => Promise.resolve(all.slice(0, 2)),
    remove: () => {
      stacks["prod"] = { state: running("b") };
      return Promise.resolve();
    },
  };
  await assert.rejects(cleaned({ store }), {
    message: `prod has begun to use ${image("b")} while it was deleted. Run pulumi up --stack prod, which builds it again.`,
  });
});
