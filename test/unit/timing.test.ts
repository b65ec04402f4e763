import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { progressDeadlines, rolloutTiming, stopTiming, terminationGracePeriod } from "../../infra/timing";

test("the grace period covers every phase of a stop and its margin", () => {
  assert.equal(terminationGracePeriod({ sleep: 1, drain: 20, shutdown: 300, margin: 4000 }), 4321);
  assert.equal(terminationGracePeriod(stopTiming), 30);
  assert.ok(stopTiming.margin > 0);
});

test("drain and shutdown are what the service in app/ takes", () => {
  const source = readFileSync("app/drain.go", "utf8");
  const seconds = (name: string) => Number(new RegExp(`\\b${name} += (\\d+) \\* time\\.Second`).exec(source)?.[1]);
  assert.equal(seconds("drainPeriod"), stopTiming.drain);
  assert.equal(seconds("shutdownTimeout"), stopTiming.shutdown);
});

const { min, max, default: byDefault } = progressDeadlines;

test("a rollout's timing follows from its progress deadline", () => {
  assert.deepEqual(rolloutTiming(byDefault), { startup: 60, progressDeadline: 120, timeout: 240 });
  assert.deepEqual(rolloutTiming(min), { startup: 10, progressDeadline: 20, timeout: 40 });
  assert.deepEqual(rolloutTiming(21), { startup: 10, progressDeadline: 21, timeout: 42 });
});

test("whatever the deadline, a pod shows why it doesn't start, then the rollout fails, then Pulumi gives up", () => {
  for (let deadline = min; deadline <= max; deadline++) {
    const { startup, progressDeadline, timeout } = rolloutTiming(deadline);
    // As much as that is left for a pod's way to its start, and for the provider to see what the controller found.
    const [before, after] = [10, 10];
    assert.ok(startup >= 10 && startup + before <= progressDeadline, `${deadline}`);
    assert.ok(progressDeadline + after <= timeout, `${deadline}`);
  }
});

test("a rollout by default ends before the provider would give it up, after ten minutes", () => {
  assert.ok(rolloutTiming(byDefault).timeout < 600);
});
