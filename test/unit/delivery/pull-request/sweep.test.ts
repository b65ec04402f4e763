import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { leftOver, sweep } from "../../../../delivery/pull-request/sweep";
import { projectWith } from "../../../support/files";
import { fakeRun, noSuchStack } from "../fake-run";

const now = Date.parse("2026-11-29T12:00:00Z");

interface Backend {
  /** Each with the time of its last update. */
  readonly stacks?: Readonly<Record<string, string | undefined>>;
  readonly namespaces?: readonly string[];
  /** The start of the commands that fail. */
  readonly fails?: string;
}

/** A backend and a cluster with these stacks and namespaces, in which all but some commands succeed. */
function backend({ stacks = {}, namespaces = [], fails = "nothing" }: Backend) {
  const commands: string[] = [];
  const run = fakeRun((text) => {
    commands.push(text);
    if (text.startsWith(fails)) {
      return { status: 1, stderr: "no\n" };
    }
    if (text === "pulumi stack ls --json") {
      return JSON.stringify(Object.entries(stacks).map(([name, lastUpdate]) => ({ name, lastUpdate })));
    }
    if (text.includes("get namespaces")) {
      return JSON.stringify({ items: namespaces.map((name) => ({ metadata: { name } })) });
    }
    if (text.startsWith("pulumi stack tag ls") && !Object.keys(stacks).includes(text.split(" ").at(-1) ?? "")) {
      return noSuchStack;
    }
    return text.includes("get cronjobs") ? '{"items":[]}' : "{}";
  });
  return { run, commands };
}

const requests = (...open: number[]) => ({ openPullRequests: () => Promise.resolve(new Set(open)) });

const args = { template: "Pulumi.pr.yaml" };
const inStaging = { ...args, context: "staging" };
const looks = ["pulumi stack ls --json", "kubectl --context staging get namespaces --output json"];
const onClose =
  "kubectl --context staging --namespace greeter-pr-12 --request-timeout=10s get cronjobs " +
  "--selector app.kubernetes.io/component=on-close --output json";
const noNamespace = "kubectl --context staging delete namespace greeter-pr-12 --ignore-not-found --timeout=10m";

/** The checkout of `main`, whose files name the environments. */
const checkout = (t: TestContext) =>
  projectWith(t, { "Pulumi.yaml": "name: ping\n", "Pulumi.pr.yaml": "config: { ping:name: greeter }\n" });

test("the environments to remove are stacks and namespaces whose requests aren't open or never were, and nothing else", async (t) => {
  checkout(t);
  const names = ["prod", "pr-1", "pr-2", "pr-30", "pr-0", "pr-4-old", "my-pr-5", `pr-${"9".repeat(16)}`];
  const namespaces = ["greeter-pr-2", "greeter-pr-7", "ping-pr-8", "greeter-pr-30", "greeter-staging", "greeter-pr-06"];
  const { run, commands } = backend({ stacks: Object.fromEntries(names.map((name) => [name, undefined])), namespaces });
  assert.deepEqual(
    [...(await leftOver(inStaging, run, requests(2, 3)))],
    [
      [1, "closed"],
      [7, "closed"],
      [30, "closed"],
    ],
  );
  assert.deepEqual(commands, looks);
});

test("one whose request is open goes too once it had no update for so many days, if anybody counts them", async (t) => {
  checkout(t);
  const stacks = {
    "pr-1": "2026-11-15T11:59:59Z",
    "pr-2": "2026-11-15T12:00:01Z",
    "pr-3": undefined,
    "pr-4": "2026-01-01T00:00:00Z",
  };
  const github = requests(1, 2, 3);
  const found = async (idleDays: number | undefined) =>
    Object.fromEntries(await leftOver({ ...args, idleDays }, backend({ stacks }).run, github, now));
  assert.deepEqual(await found(14), { 1: "idle", 4: "closed" });
  assert.deepEqual(await found(undefined), { 4: "closed" });
});

test("an environment goes with its namespace and its stack, by commands that run nothing of its state", async (t) => {
  checkout(t);
  const { run, commands } = backend({ stacks: { "pr-12": undefined } });
  assert.equal(await sweep(12, inStaging, run, requests()), "closed");
  assert.deepEqual(commands, [
    ...looks,
    onClose,
    noNamespace,
    "pulumi stack tag ls --json --stack pr-12",
    "pulumi stack rm --force --yes --stack pr-12",
  ]);
});

test("a namespace whose stack is gone goes by itself", async (t) => {
  checkout(t);
  const { run, commands } = backend({ namespaces: ["greeter-pr-12"] });
  assert.equal(await sweep(12, inStaging, run, requests()), "closed");
  assert.deepEqual(commands, [...looks, onClose, noNamespace, "pulumi stack tag ls --json --stack pr-12"]);
});

test("one whose request was opened again or got a commit meanwhile stays, and so does what isn't an environment", async (t) => {
  checkout(t);
  const recent = new Date().toISOString();
  for (const [number, github] of [
    [12, requests(12)],
    [13, requests()],
  ] as const) {
    const { run, commands } = backend({ stacks: { "pr-12": recent } });
    assert.equal(await sweep(number, { ...inStaging, idleDays: 1 }, run, github), undefined);
    assert.deepEqual(commands, looks);
  }
});

test("one whose namespace can't be removed, or whose key onClose fails, keeps its stack, so that the next run finds it", async (t) => {
  checkout(t);
  for (const command of [noNamespace, onClose]) {
    const stuck = backend({ stacks: { "pr-12": undefined }, fails: command });
    await assert.rejects(sweep(12, inStaging, stuck.run, requests()), { message: `${command} ended with 1: no` });
    assert.equal(stuck.commands.at(-1), command);
  }
  const locked = backend({ stacks: { "pr-12": undefined }, fails: "pulumi stack rm" });
  await assert.rejects(sweep(12, args, locked.run, requests()), {
    message: "the stack pr-12 could not be removed: pulumi stack rm ended with 1: no",
  });
});
