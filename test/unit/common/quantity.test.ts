import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuantity } from "../../../common/quantity";

test("quantities are read into cores and bytes", () => {
  const table: [string, number][] = [
    ["1", 1],
    ["0.5", 0.5],
    ["250m", 0.25],
    ["2k", 2000],
    ["64Mi", 64 * 1024 * 1024],
    ["1.5Gi", 1.5 * 1024 ** 3],
    ["1G", 1e9],
  ];
  for (const [text, value] of table) {
    assert.equal(parseQuantity(text), value, text);
  }
});

test("anything else is no quantity", () => {
  for (const text of [
    "",
    "0",
    "0Mi",
    "-1",
    "1 Mi",
    "64mb",
    "64MiB",
    "Mi",
    "1,5",
    ".5",
    "1.",
    "1e3",
    "NaN",
    "toString",
  ]) {
    assert.equal(parseQuantity(text), undefined, text);
  }
});
