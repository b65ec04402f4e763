import assert from "node:assert/strict";
import { test } from "node:test";
import { schedule } from "../../e2e/schedule";

/** What began and ended, where every suite ends once nothing else has anything to do. */
async function events(suites: readonly string[], alone: readonly string[], limit = Infinity) {
  const seen: string[] = [];
  let begun = 0;
  const run = async (suite: string) => {
    begun += 1;
    seen.push(`+${suite}`);
    await new Promise(setImmediate);
    seen.push(`-${suite}`);
  };
  const late = await schedule(suites, { alone, mayBegin: () => begun < limit, run });
  return { seen: seen.join(" "), late };
}

test("suites run in their order, two at a time", async () => {
  assert.deepEqual(await events(["a", "b", "c"], []), { seen: "+a +b -a +c -b -c", late: [] });
});

test("beside a suite that needs the sandbox for itself no other runs", async () => {
  assert.deepEqual(await events(["a", "b", "x", "y", "c", "d"], ["x", "y"]), {
    seen: "+a +b -a -b +x -x +y -y +c +d -c -d",
    late: [],
  });
});

test("a suite that may not begin any more is told, and those that run get to their end", async () => {
  assert.deepEqual(await events(["a", "b", "x", "c"], ["x"], 2), { seen: "+a +b -a -b", late: ["x", "c"] });
});
