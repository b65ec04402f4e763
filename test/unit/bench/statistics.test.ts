import assert from "node:assert/strict";
import { test } from "node:test";
import { interleave, median, ratioOfMedians, quantile, variant } from "../../../bench/statistics";

test("variants are measured in turn, each round begins with another, and the first round isn't counted", async () => {
  const order: string[] = [];
  const [a, b] = ["a", "b"].map((name) => variant(name, () => Promise.resolve(order.push(name))));
  assert.ok(a && b);
  await interleave([a, b], 2);
  assert.deepEqual(order, ["a", "b", "a", "b", "b", "a"]);
  assert.deepEqual(
    [a.samples, b.samples],
    [
      [3, 6],
      [4, 5],
    ],
  );
});

test("quantiles are interpolated, whatever the values' order", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(quantile([1, 2, 3], 1), 3);
  assert.throws(() => median([]), RangeError);
});

test("a ratio is the quotient of the medians, not the median of the rounds' quotients", () => {
  assert.equal(ratioOfMedians([1, 3, 2], [2, 1, 4]), 1);
});
