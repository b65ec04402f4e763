import assert from "node:assert/strict";
import { test } from "node:test";
import { goMemoryLimit } from "../../../../../infra/service/pod/memory-limit";

test("GOMEMLIMIT is 90 % of the container's memory limit, in whole bytes", () => {
  const table: [string, string][] = [
    ["64Mi", "60397977"],
    ["1Gi", "966367641"],
    ["1.5Gi", "1449551462"],
    ["512M", "460800000"],
    ["100000", "90000"],
    ["8Ti", "7916483719987"],
  ];
  for (const [memory, limit] of table) {
    assert.equal(goMemoryLimit(memory), limit, memory);
  }
});

test("without a memory limit that can be read there is no GOMEMLIMIT", () => {
  for (const memory of ["", "0", "lots", "1e9"]) {
    assert.equal(goMemoryLimit(memory), undefined, memory);
  }
});
