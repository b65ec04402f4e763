import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command, Run } from "../../../delivery/command";
import { lastGoodTag } from "../../../delivery/last-good";
import { release } from "../../../delivery/release";

const image = (digit: string) => `registry.example.com/ping@sha256:${digit.repeat(64)}`;
const [good, built] = [image("a"), image("b")];
const timing = { inARow: 2, atMost: 4, pause: 0 };

/** A stack and the cluster that it is deployed to, as far as a release sees them. */
class World {
  tags: Record<string, string> = {};
  running = "";
  private configured: string | undefined;
  /** Images whose rollout fails, and those that are never healthy. */
  readonly stuck: string[] = [];
  readonly sick: string[] = [];
  /** Answers of the health check, in turn, before it answers as the image does. */
  readonly health: number[] = [];
  readonly commands: string[] = [];

  readonly run: Run = (command) => {
    this.commands.push(command.slice(0, command[0] === "pulumi" && command[1] === "stack" ? 4 : 2).join(" "));
    return Promise.resolve({ stdout: "", ...this.answer(command) });
  };

  private answer(command: Command): { status: number; stdout?: string } {
    const text = command.join(" ");
    if (text.startsWith("pulumi stack tag ls")) {
      return { status: 0, stdout: JSON.stringify(this.tags) };
    }
    if (text.startsWith("pulumi stack tag set")) {
      this.tags[command[4] ?? ""] = command[5] ?? "";
      return { status: 0 };
    }
    if (text.startsWith("pulumi up")) {
      this.running = this.configured ?? built;
      return { status: this.stuck.includes(this.running) ? 255 : 0 };
    }
    if (text.startsWith("pulumi stack export")) {
      return { status: 0, stdout: JSON.stringify({ deployment: {} }) };
    }
    if (text.startsWith("pulumi stack output")) {
      return {
        status: 0,
        stdout: JSON.stringify({ image: this.running, namespace: "ping-prod", service: "ping", url: "" }),
      };
    }
    if (text.startsWith("pulumi config set image")) {
      this.configured = command[4];
      return { status: 0 };
    }
    if (text.startsWith("pulumi config")) {
      return {
        status: 0,
        stdout: JSON.stringify({ "ping:healthPath": { value: "/healthz" }, "ping:port": { value: "1" } }),
      };
    }
    assert.equal(
      text,
      "kubectl --context prod get --raw /api/v1/namespaces/ping-prod/services/http:ping:http/proxy/healthz --request-timeout=5s",
    );
    return { status: this.health.shift() ?? (this.sick.includes(this.running) ? 1 : 0) };
  }
}

const deploy = (world: World, args: { image?: string } = {}) =>
  release({ stack: "prod", context: "prod", ...args }, world.run, timing);

test("a good release is what the next one may return to", async () => {
  const world = new World();
  assert.deepEqual(await deploy(world), { kind: "released", image: built });
  assert.deepEqual(world.tags, { [lastGoodTag]: built });
  assert.deepEqual(world.commands, [
    "pulumi stack tag ls",
    "pulumi up",
    "pulumi stack output --json",
    "pulumi config",
    "kubectl --context",
    "kubectl --context",
    "pulumi stack tag set",
  ]);
});

test("a promotion deploys the image that it is given, and leaves the rest of the config as it is", async () => {
  const world = new World();
  assert.deepEqual(await deploy(world, { image: good }), { kind: "released", image: good });
  assert.deepEqual(world.commands.slice(0, 3), ["pulumi stack tag ls", "pulumi config", "pulumi up"]);
});

for (const [what, reason] of [
  ["stuck", "pulumi up ended with 255"],
  ["sick", "/healthz of ping in ping-prod wasn't healthy"],
] as const) {
  test(`a release that is ${what} is replaced by the last good image, which stays the last good one`, async () => {
    const world = new World();
    world.tags = { [lastGoodTag]: good };
    world[what].push(built);
    assert.deepEqual(await deploy(world), { kind: "returned", reason, image: good });
    assert.equal(world.running, good);
    assert.deepEqual(world.tags, { [lastGoodTag]: good });
  });
}

test("two bad releases in a row return to the same good image, not to one another", async () => {
  const world = new World();
  await deploy(world, { image: good });
  for (const digit of ["c", "d"]) {
    world.sick.push(image(digit));
    const outcome = await deploy(world, { image: image(digit) });
    assert.deepEqual([outcome.kind, world.running], ["returned", good]);
  }
});

test("a health check may fail while the Service settles, but must then hold", async () => {
  const world = new World();
  world.health.push(1, 0, 1);
  world.tags = { [lastGoodTag]: good };
  assert.equal((await deploy(world)).kind, "returned", "only one answer of four was left for the second in a row");
  const settled = new World();
  settled.health.push(1, 1);
  assert.equal((await deploy(settled)).kind, "released");
});

test("where nothing was good before, where the good image itself fails, and where it fails too, that is said", async () => {
  const first = new World();
  first.stuck.push(built);
  assert.deepEqual(await deploy(first), {
    kind: "broken",
    reason: "pulumi up ended with 255, and no release of prod was good before",
  });
  const same = new World();
  same.tags = { [lastGoodTag]: good };
  same.sick.push(good);
  assert.deepEqual(await deploy(same, { image: good }), {
    kind: "broken",
    reason: "/healthz of ping in ping-prod wasn't healthy, with the last good image itself: look at the config",
  });
  assert.equal(same.commands.filter((command) => command === "pulumi up").length, 1);
  const both = new World();
  both.tags = { [lastGoodTag]: good };
  both.stuck.push(built, good);
  assert.deepEqual(await deploy(both), {
    kind: "broken",
    reason: "pulumi up ended with 255; then, with the last good image, pulumi up ended with 255",
  });
  assert.deepEqual(both.tags, { [lastGoodTag]: good });
});

test("a last good image that can't be read stops the release before anything is deployed", async () => {
  const world = new World();
  world.tags = { [lastGoodTag]: "ping:latest" };
  await assert.rejects(deploy(world), /the stack tag ping:last-good is "ping:latest"/);
  assert.deepEqual(world.commands, ["pulumi stack tag ls"]);
});
