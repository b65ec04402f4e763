import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { update } from "../../../delivery/update";
import { fakeRun } from "./fake-run";

const deployment = "kubernetes:apps/v1:Deployment";

/** An event about an operation on a resource that a provider manages. */
const done = (op: string, type = deployment, custom = true) => ({
  resOutputsEvent: { metadata: { op, type, old: null, new: { custom } } },
});
const failed = (status: number, type = deployment) => ({
  resOpFailedEvent: { metadata: { op: "update", type, old: { custom: true }, new: { custom: true } }, status },
});
const removed = { resOutputsEvent: { metadata: { op: "delete", type: deployment, old: { custom: true }, new: null } } };
const others = [
  { preludeEvent: { config: {} } },
  { resourcePreEvent: { metadata: { op: "update" } } },
  { cancelEvent: {} },
];

/** Runs an update that ends with this status and these events; none are written where they are undefined. */
async function updated(status: number, events?: readonly object[]) {
  let log = "";
  const run = fakeRun((_text, command, options) => {
    log = command[command.indexOf("--event-log") + 1] ?? "";
    if (events !== undefined) {
      writeFileSync(log, events.map((each) => `${JSON.stringify(each)}\n`).join(""));
    }
    assert.deepEqual(command.toSpliced(command.indexOf(log), 1), [
      ...["pulumi", "up", "--yes", "--skip-preview", "--stack", "prod", "--event-log", "--policy-pack", "policy"],
    ]);
    assert.deepEqual(options, { show: true, env: { PULUMI_DEBUG_COMMANDS: "true" }, cwd: "/project" });
    return { status, stderr: "why" };
  });
  const result = await update(run, "prod", ["--policy-pack", "policy"], "/project");
  assert.ok(!existsSync(log), "the events, which may be long, are removed");
  return result;
}

const cases: Readonly<Record<string, { events: readonly object[] | undefined; changed: boolean }>> = {
  "never began, since the stack is locked": { events: undefined, changed: false },
  "only found everything as it should be": { events: [...others, done("same"), done("read")], changed: false },
  "pushed an image alone": { events: [done("update", "docker-build:index:Image")], changed: false },
  "couldn't build its image": { events: [failed(2, "docker-build:index:Image")], changed: false },
  "ran a migration that failed": { events: [done("same"), failed(1, "kubernetes:batch/v1:Job")], changed: false },
  "made a component alone": { events: [done("create", "ping:index:GoService", false)], changed: false },
  "was refused by the provider before it did anything": { events: [failed(0)], changed: false },
  "changed an object": { events: [...others, done("same"), done("update")], changed: true },
  "removed an object": { events: [removed], changed: true },
  "changed an object whose rollout failed": { events: [done("same"), failed(1)], changed: true },
  "lost touch while it changed an object": { events: [failed(2)], changed: true },
};

for (const [what, { events, changed }] of Object.entries(cases)) {
  test(`an update that ${what} ${changed ? "has" : "hasn't"} changed something`, async () => {
    assert.deepEqual(await updated(255, events), { status: 255, stdout: "", stderr: "why", changed });
  });
}
