import assert from "node:assert/strict";
import { test } from "node:test";
import { excerpt, table } from "../../../e2e/faults/fault-table";

test("an excerpt says the same after every run", () => {
  const cases: [string, string][] = [
    [`push localhost:36607/ping:1487837d7e66f5a0@sha256:${"a1".repeat(32)}`, "push localhost:…/ping:…@sha256:…"],
    ["dial tcp [::1]:41000: refused", "dial tcp localhost:…: refused"],
    ["pod ping-6c4797cf68-x7k2p: Pending", "pod ping-…: Pending"],
    ["of ping-e2e-faults", "of ping-e2e-faults"],
    ["./main.go:18:2: undefined: x on line 7", "./main.go:…: undefined: x on line …"],
    ["requested: pods=1, used: pods=3, limited: pods=3", "requested: pods=1, used: …, limited: pods=3"],
    ["by root@vm-1.local (pid 31633)", "by USER@HOST (pid …)"],
  ];
  for (const [printed, stable] of cases) {
    assert.equal(excerpt(`before\n  ${printed}\nafter`, /^ {2}.*/m), stable);
  }
});

test("an excerpt that isn't there is an error with all that was printed", () => {
  assert.throws(() => excerpt("all\nof it", /nowhere/), /\/nowhere\/ is not in:\nall\nof it/);
});

test("a table shows what was seen as code, line by line, whatever is in it", () => {
  assert.equal(
    table([{ what: "a fault", seen: ["`one` | two", "three"], advice: "mend it" }]),
    [
      "<!-- oxfmt-ignore -->",
      "| fault | what you see | what to do |",
      "| --- | --- | --- |",
      "| a fault | `` `one` \\| two ``<br>`` three `` | mend it |",
    ].join("\n"),
  );
});
