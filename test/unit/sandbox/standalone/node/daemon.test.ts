import assert from "node:assert/strict";
import { test } from "node:test";
import { nextDelay } from "../../../../sandbox/standalone/node/daemon";

test("a daemon that ends soon again and again is started at ever longer intervals, and one that ran for long at once", () => {
  const delays = [500];
  for (let ends = 0; ends < 8; ends++) {
    delays.push(nextDelay(delays.at(-1) ?? 0, 5_000));
  }
  assert.deepEqual(delays.slice(1), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(nextDelay(30_000, 3_600_000), 1000);
});
