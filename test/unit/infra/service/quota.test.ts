import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { countedKinds, hardLimits } from "../../../../infra/service/quota";

const most = { pods: 4, cpu: "2", memory: "1Gi", "ephemeral-storage": "2Gi" };
const limits = { pods: "4", "limits.cpu": "2", "limits.memory": "1Gi", "limits.ephemeral-storage": "2Gi" };

test("a quota bounds what pods use, and each kind of objects where it says how many", () => {
  assert.deepEqual(hardLimits(most), limits);
  assert.deepEqual(hardLimits({ ...most, objects: 50 }), {
    ...limits,
    ...Object.fromEntries(countedKinds.map((kind) => [`count/${kind}`, "50"])),
  });
});

test("a pull request's quota must bound the same kinds", () => {
  const policies = readFileSync("docs/pull-request-namespaces.yaml", "utf8");
  const [, listed = ""] = /- name: kinds\n +expression: >-\n([^\]]*\])/.exec(policies) ?? [];
  assert.deepEqual(
    [...listed.matchAll(/'([^']+)'/g)].map(([, kind]) => kind),
    countedKinds,
  );
});
