import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { Run } from "../../../delivery/command";
import { closeEnvironment, openEnvironment } from "../../../delivery/pull-request";
import { projectWith } from "../files";

const args = { number: "12", template: "Pulumi.pr.yaml" };
const files = { "Pulumi.pr.yaml": "config: {}\n" };
const image = `registry.example.com/ping@sha256:${"a".repeat(64)}`;

/** A backend with these stacks, in which everything succeeds but the commands that start so. */
function backend(stacks: readonly string[], fails = "nothing"): { run: Run; commands: string[] } {
  const commands: string[] = [];
  const run: Run = (command) => {
    const text = command.join(" ");
    commands.push(text);
    const answers: Record<string, unknown> = {
      "pulumi stack ls": stacks.map((name) => ({ name, current: false })),
      "pulumi stack tag": {},
      "pulumi config": {},
      "pulumi stack output": { image, namespace: "ping-pr-12", service: "ping" },
    };
    const answer = Object.entries(answers).find(([start]) => text.startsWith(start))?.[1] ?? "";
    return Promise.resolve({ status: text.startsWith(fails) ? 1 : 0, stdout: JSON.stringify(answer) });
  };
  return { run, commands };
}

const timing = { inARow: 1, atMost: 1, pause: 0 };

test("an environment is made once, configured from the template, and released each time", async (t) => {
  projectWith(t, files);
  for (const [stacks, made] of [
    [["dev", "pr-1"], ["pulumi stack init pr-12 --no-select"]],
    [["pr-12"], []],
  ] as const) {
    const { run, commands } = backend(stacks);
    assert.deepEqual(await openEnvironment(args, run, timing), { kind: "released", image });
    assert.deepEqual(
      commands.filter((command) => command.includes(" init ")),
      made,
    );
    assert.ok(commands.includes("pulumi up --yes --skip-preview --stack pr-12"));
  }
  assert.equal(readFileSync("Pulumi.pr-12.yaml", "utf8"), files["Pulumi.pr.yaml"]);
});

test("an environment is removed with its stack, and one that isn't there is none to remove", async (t) => {
  projectWith(t, files);
  const there = backend(["pr-12"]);
  await closeEnvironment(args, there.run);
  assert.deepEqual(there.commands, [
    "pulumi stack ls --json",
    "pulumi destroy --yes --skip-preview --remove --stack pr-12",
  ]);
  const gone = backend(["pr-1", "pr-123"]);
  await closeEnvironment(args, gone.run);
  assert.deepEqual(gone.commands, ["pulumi stack ls --json"]);
});

test("an environment that can't be removed is an error, and so is a number that is none", async (t) => {
  projectWith(t, files);
  const { run } = backend(["pr-12"], "pulumi destroy");
  await assert.rejects(closeEnvironment(args, run), /the environment pr-12 could not be removed/);
  await assert.rejects(openEnvironment({ ...args, number: "../dev" }, run), /is no pull request's number/);
  assert.ok(!existsSync("Pulumi.../dev.yaml"));
});
