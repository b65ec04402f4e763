import assert from "node:assert/strict";
import { test } from "node:test";
import { driftMarker, renderDrift } from "../../../../delivery/drift/drift";
import { longestBody } from "../../../../delivery/preview/render";

const type = "kubernetes:apps/v1:Deployment";
const urn = `urn:pulumi:prod::ping::${type}::web`;
const refreshed = { op: "refresh", urn, oldState: { type }, newState: { type } };
const scaled = {
  op: "update",
  urn,
  oldState: { type, inputs: { spec: { replicas: 5 } } },
  newState: { type, inputs: { spec: { replicas: 2 } } },
  detailedDiff: { "spec.replicas": { kind: "update", inputDiff: true } },
};
const write = (steps: unknown[], diagnostics: unknown[] = []) =>
  JSON.stringify({ steps, diagnostics, changeSummary: { update: 1 } });

test("there is no issue where all is as it should be", () => {
  const warning = { severity: "warning", message: "unable to verify image tags" };
  assert.equal(renderDrift({ staging: write([refreshed], [warning]), prod: write([]) }), undefined);
});

test("an object that isn't ready is no drift: the update that a refresh plans for it has no difference", () => {
  const unready = { ...scaled, newState: scaled.oldState, detailedDiff: null };
  assert.equal(renderDrift({ prod: write([refreshed, unready]) }), undefined);
});

test("the issue holds the stacks that have drifted, with what runs and what should", () => {
  assert.equal(
    renderDrift({ staging: write([refreshed]), prod: write([refreshed, scaled]) }),
    `${driftMarker}
Somebody or something changed these resources since the last good release, or they can't be looked at.
\`-\` is what runs, \`+\` what the release says: release the stack again, or change the program to what runs.

### \`prod\`

**1 to update**

\`\`\`diff
@@ update ${type} web @@
- spec.replicas: 5
+ spec.replicas: 2
\`\`\``,
  );
});

test("a preview that failed is in the issue, because nobody knows whether the stack has drifted", () => {
  const failure = { severity: "error", message: "error: the API server can't be reached" };
  assert.match(renderDrift({ prod: write([], [failure]) }) ?? "", /### `prod`\n\n\*\*The preview failed\.\*\*/);
});

test("the issue fits GitHub's limit with any number of stacks", () => {
  const inputs = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, "value".repeat(9)]));
  const output = write([{ ...scaled, detailedDiff: null, oldState: { type, inputs } }]);
  const body = renderDrift(Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`stack-${index}`, output])));
  assert.ok(body !== undefined && body.length <= longestBody && body.length > longestBody * 0.8, String(body?.length));
});

test("a stack whose preview didn't run is in the issue, and hides no other stack's drift", () => {
  const body = renderDrift({ staging: "", prod: write([refreshed, scaled]) });
  assert.match(
    body ?? "",
    /### `staging`\n\n\*\*The preview did not run\*\*; the log says why\.\n\n### `prod`\n\n\*\*1 to update\*\*/,
  );
});
