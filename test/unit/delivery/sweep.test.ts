import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { leftOver, sweep } from "../../../delivery/sweep";
import { projectWith } from "../files";
import { fakeRun } from "./fake-run";

/** A backend with these stacks, in which everything succeeds but the commands that start so. */
function backend(stacks: readonly string[], fails = "nothing") {
  const commands: string[] = [];
  const run = fakeRun((text) => {
    commands.push(text);
    if (text.startsWith(fails)) {
      return { status: 1, stderr: "no\n" };
    }
    const answer = text === "pulumi stack ls --json" ? stacks.map((name) => ({ name })) : {};
    return JSON.stringify(answer);
  });
  return { run, commands };
}

const requests = (...open: number[]) => ({ openPullRequests: () => Promise.resolve(new Set(open)) });

/** The checkout of `main`, whose files name the environments. */
const checkout = (t: TestContext) =>
  projectWith(t, { "Pulumi.yaml": "name: ping\n", "Pulumi.pr.yaml": "config: { ping:name: greeter }\n" });

test("the environments to remove are those whose requests aren't open or never were, and no other stack", async () => {
  const names = ["prod", "pr-1", "pr-2", "pr-30", "pr-0", "pr-4-old", "my-pr-5", `pr-${"9".repeat(16)}`];
  const { run, commands } = backend(names);
  assert.deepEqual(await leftOver(run, requests(2, 3)), [1, 30]);
  assert.deepEqual(commands, ["pulumi stack ls --json"]);
});

test("an environment goes with its namespace and its stack, by commands that run nothing of its state", async (t) => {
  checkout(t);
  const { run, commands } = backend(["pr-12"]);
  assert.equal(await sweep({ number: 12, template: "Pulumi.pr.yaml", context: "staging" }, run, requests()), true);
  assert.deepEqual(commands, [
    "pulumi stack ls --json",
    "kubectl --context staging delete namespace greeter-pr-12 --ignore-not-found --timeout=10m",
    "pulumi stack tag ls --json --stack pr-12",
    "pulumi stack rm --force --yes --stack pr-12",
  ]);
});

test("one whose request was opened again meanwhile stays, and so does what isn't an environment", async () => {
  for (const [number, github] of [
    [12, requests(12)],
    [13, requests()],
  ] as const) {
    const { run, commands } = backend(["pr-12"]);
    assert.equal(await sweep({ number, template: "Pulumi.pr.yaml" }, run, github), false);
    assert.deepEqual(commands, ["pulumi stack ls --json"]);
  }
});

test("one whose namespace can't be removed keeps its stack, so that the next run finds it", async (t) => {
  checkout(t);
  const args = { number: 12, template: "Pulumi.pr.yaml" };
  const stuck = backend(["pr-12"], "kubectl");
  await assert.rejects(
    sweep(args, stuck.run, requests()),
    /kubectl delete namespace greeter-pr-12 .* ended with 1: no/,
  );
  assert.ok(!stuck.commands.some((each) => each.includes(" rm ")));
  const locked = backend(["pr-12"], "pulumi stack rm");
  await assert.rejects(sweep(args, locked.run, requests()), {
    message: "the stack pr-12 could not be removed: pulumi stack rm ended with 1: no",
  });
});
