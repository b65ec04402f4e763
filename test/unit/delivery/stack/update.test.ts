import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { stackOutputs, stackType } from "../../../../delivery/stack/state";
import { update } from "../../../../delivery/stack/update";
import { fakeRun } from "../fake-run";

const deployment = "kubernetes:apps/v1:Deployment";

const imageBuild = "docker-build:index:Image";
const image = `registry.example.com/ping@sha256:${"a".repeat(64)}`;
/** What the stack's state says. */
const exported = `registry.example.com/ping@sha256:${"b".repeat(64)}`;

const metadata = (op: string, type: string, custom = true) => ({ op, urn: `urn of ${type}`, type, new: { custom } });
/** An event about an operation on a resource that a provider manages: it begins, it is done, or it failed. */
const began = (op: string, type = deployment) => ({ resourcePreEvent: { metadata: metadata(op, type) } });
const done = (op: string, type = deployment, custom = true) => ({
  resOutputsEvent: { metadata: metadata(op, type, custom) },
});
const failed = (status: number, type = deployment) => ({
  resOpFailedEvent: { metadata: metadata("update", type), status },
});
const removed = {
  resOutputsEvent: { metadata: { ...metadata("delete", deployment), old: { custom: true }, new: null } },
};
const others = [{ preludeEvent: { config: {} } }, { cancelEvent: {} }];
/** The event with the stack's outputs. */
const ended = (outputs: object) => ({
  resOutputsEvent: {
    metadata: { ...metadata("same", stackType, false), new: { custom: false, outputs } },
  },
});

/** Runs an update that ends with this status and these events, whole lines or a torn one; undefined: there is no file. */
async function updated(status: number, events?: readonly (object | string)[]) {
  let log = "";
  const run = fakeRun((text, command, options) => {
    if (text === "pulumi stack export --stack prod") {
      return JSON.stringify({ deployment: { resources: [{ type: stackType, outputs: { image: exported } }] } });
    }
    log = command[command.indexOf("--event-log") + 1] ?? "";
    if (events !== undefined) {
      writeFileSync(
        log,
        events.map((each) => (typeof each === "string" ? each : `${JSON.stringify(each)}\n`)).join(""),
      );
    }
    assert.deepEqual(command.toSpliced(command.indexOf(log), 1), [
      ...["pulumi", "up", "--yes", "--skip-preview", "--stack", "prod", "--event-log", "--policy-pack", "policy"],
    ]);
    assert.deepEqual(options, { show: true, env: { PULUMI_DEBUG_COMMANDS: "true" }, cwd: "/project" });
    return { status, stderr: "why" };
  });
  const result = await update(run, "prod", { cwd: "/project", policyPack: "policy" });
  assert.ok(!existsSync(log), "the events, which may be long, are removed");
  return result;
}

const result = (status: number) => ({
  status,
  stdout: "",
  stderr: "why",
  changed: false,
  built: false,
});
const torn = JSON.stringify(done("update")).slice(0, -20);
/** What an update did, its events, whether it has changed something that runs, and whether it has built; not by default. */
const cases: Readonly<
  Record<string, { events: readonly (object | string)[] | undefined; changed: boolean; built?: boolean }>
> = {
  "never began, since the stack is locked": { events: undefined, changed: false },
  "only found everything as it should be": { events: [...others, done("same"), done("read")], changed: false },
  "pushed an image alone": {
    events: [began("update", imageBuild), done("update", imageBuild)],
    changed: false,
  },
  "couldn't build its image": { events: [failed(2, imageBuild)], changed: false },
  "was killed while it built its image": { events: [began("update", imageBuild)], changed: false },
  "was refused after it began": { events: [began("update"), failed(0)], changed: false },
  "ran a migration that failed": { events: [done("same"), failed(1, "kubernetes:batch/v1:Job")], changed: false },
  "made a component alone": { events: [done("create", "ping:index:GoService", false)], changed: false },
  "was refused by the provider before it did anything": { events: [failed(0)], changed: false },
  "changed an object": { events: [...others, done("same"), done("update")], changed: true },
  "removed an object": { events: [removed], changed: true },
  "changed an object whose rollout failed": { events: [done("same"), failed(1)], changed: true },
  "was killed while it changed an object": { events: [began("same"), done("same"), began("update")], changed: true },
  "was killed while it wrote what it had done": { events: [done("same"), torn], changed: true },
  "was killed between two operations on an object": {
    events: [began("create-replacement"), done("create-replacement"), began("delete-replaced")],
    changed: true,
  },
  "lost touch while it changed an object": { events: [failed(2)], changed: true },
};

for (const [what, { events, changed }] of Object.entries(cases)) {
  test(`an update that ${what} ${changed ? "has" : "hasn't"} changed something`, async () => {
    const { resources: _, ...told } = await updated(255, events);
    assert.deepEqual(told, { ...result(255), changed });
  });
}

test("an update says whether it built the image that it deploys", async () => {
  for (const [built, op, type] of [
    [true, "create", imageBuild],
    [true, "update", imageBuild],
    [true, "create-replacement", imageBuild],
    [false, "same", imageBuild],
    [false, "delete", imageBuild],
    [false, "update", "docker-build:index:Index"],
  ] as const) {
    const pushed = (digest: string) => ({
      resOutputsEvent: { metadata: { ...metadata(op, type), new: { custom: true, outputs: { digest } } } },
    });
    const deployed = ended({ image, namespace: "ping" });
    const { resources: _, ...told } = await updated(0, [pushed(image.slice(image.indexOf("@") + 1)), deployed]);
    assert.deepEqual(told, { ...result(0), built, changed: type !== imageBuild }, op);
    const slower = await updated(0, [pushed(`sha256:${"b".repeat(64)}`), deployed]);
    assert.equal(slower.built, false, "another build of the same content was quicker");
  }
});

test("an update says which resources it left, each as its last operation left it", async () => {
  const operation = (op: string, type: string, inputs?: object) => ({
    resOutputsEvent: { metadata: { op, urn: type, type, new: inputs && { custom: true, inputs, outputs: {} } } },
  });
  const { resources } = await updated(0, [
    operation("create-replacement", "a", { of: 1 }),
    operation("update", "b", { of: 1 }),
    operation("replace", "a", { of: 2 }),
    operation("delete-replaced", "a"),
    operation("delete", "c"),
  ]);
  assert.deepEqual(resources, [
    { type: "a", inputs: { of: 2 }, outputs: {} },
    { type: "b", inputs: { of: 1 }, outputs: {} },
  ]);
});

test("an update whose events hide a name reads the state, and one that failed doesn't, whose state has earlier outputs", async () => {
  const hidden = image.replace("ping", "[secret]");
  for (const [status, outputs, found] of [
    [0, { image: hidden }, exported],
    [0, { image, podRole: "[credential]" }, exported],
    [0, { image }, image],
    [255, { image: hidden }, undefined],
  ] as const) {
    const { resources } = await updated(status, [ended(outputs)]);
    assert.equal(stackOutputs(resources).image, found);
  }
});
