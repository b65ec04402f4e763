import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { progressDeadlines } from "../../../../infra/config";
import { stopTiming, terminationGracePeriod, timing } from "../../../../infra/service/timing";

test("the grace period covers every phase of a stop and its margin", () => {
  assert.equal(terminationGracePeriod({ sleep: 1, drain: 20, shutdown: 300, margin: 4000 }), 4321);
  const { gracePeriod, stop } = timing(progressDeadlines.default);
  assert.ok(stop.margin > 0);
  assert.ok(gracePeriod >= stop.sleep + stop.drain + stop.shutdown + stop.margin);
});

test("drain and shutdown are what the service in app/ takes", () => {
  const source = readFileSync("app/drain.go", "utf8");
  const seconds = (name: string) => Number(new RegExp(`\\b${name} += (\\d+) \\* time\\.Second`).exec(source)?.[1]);
  assert.equal(seconds("drainPeriod"), stopTiming.drain);
  assert.equal(seconds("shutdownTimeout"), stopTiming.shutdown);
});

const { min, max, default: byDefault } = progressDeadlines;

test("every duration follows from the progress deadline", () => {
  const constant = { stop: { sleep: 5, drain: 10, shutdown: 10, margin: 5 }, gracePeriod: 30 };
  assert.deepEqual(timing(byDefault), {
    ...constant,
    startup: 60,
    progressDeadline: 120,
    timeout: 240,
    migration: 240,
  });
  assert.deepEqual(timing(min), { ...constant, startup: 10, progressDeadline: 20, timeout: 40, migration: 40 });
  assert.deepEqual(timing(21), { ...constant, startup: 10, progressDeadline: 21, timeout: 42, migration: 42 });
});

test("a longer start has the time for all four waves of a rollout, and a migration what it has without", () => {
  const { startup, progressDeadline, timeout, migration } = timing(120, 100);
  assert.deepEqual(
    { startup, progressDeadline, timeout, migration },
    {
      startup: 100,
      progressDeadline: 120,
      timeout: 400,
      migration: 240,
    },
  );
  assert.equal(timing(120, 10).timeout, 240);
});

test("whatever the deadline, a pod shows why it doesn't start, then the rollout fails, then Pulumi gives up", () => {
  // What is left at least for a pod's way to its start, and for the provider to see what the controller found.
  const [before, after] = [10, 10];
  for (let deadline = min; deadline <= max; deadline++) {
    const { startup, progressDeadline, timeout } = timing(deadline);
    assert.ok(startup >= 10 && startup + before <= progressDeadline, `${deadline}`);
    assert.ok(progressDeadline + after <= timeout, `${deadline}`);
  }
});

test("by default a rollout has failed before the provider would give it up, after ten minutes", () => {
  assert.ok(timing(byDefault).timeout < 600);
});
