import assert from "node:assert/strict";
import { test } from "node:test";
import { unrecordedChange } from "../../../../infra/cluster/unrecorded-change";

interface Given {
  readonly generation?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly pod: unknown;
}

const deployment = ({ generation = 4, annotations, pod }: Given) => ({
  metadata: { name: "ping", generation, ...(annotations && { annotations }) },
  spec: { replicas: 2, template: { metadata: { labels: {} }, spec: pod } },
});

const container = { name: "ping", image: "ping@sha256:1", args: ["a", "b"], stdin: false, tty: null };
const pod = { containers: [container], hostNetwork: false };
const marked = { "unrecorded-generation": "3" };

/** What runs, where {@link pod} was recorded → the Deployment's annotations. */
const cases: Readonly<Record<string, readonly [Given, Readonly<Record<string, string>>]>> = {
  "pods as they were recorded leave the Deployment alone": [{ pod }, {}],
  "pods restarted or scaled by hand do too": [{ generation: 9, annotations: { other: "1" }, pod }, {}],
  "fields that a newer API server adds do too": [
    { pod: { ...pod, containers: [{ ...container, new: { a: [1] } }], added: 1 } },
    {},
  ],
  "another image is what an interrupted update left": [
    { pod: { ...pod, containers: [{ ...container, image: "ping@sha256:2" }] } },
    { "unrecorded-generation": "4" },
  ],
  "so are fewer arguments": [
    { pod: { ...pod, containers: [{ ...container, args: ["a"] }] } },
    { "unrecorded-generation": "4" },
  ],
  "so is one more container": [
    { pod: { ...pod, containers: [container, container] } },
    { "unrecorded-generation": "4" },
  ],
  "so is a field that is gone": [{ pod: { containers: [container] } }, { "unrecorded-generation": "4" }],
  "a second interruption differs from the first": [
    { generation: 5, annotations: marked, pod: {} },
    { "unrecorded-generation": "5" },
  ],
  "after the update that mends it the annotation stays": [{ generation: 6, annotations: marked, pod }, marked],
};

const own = [
  { type: "kubernetes:apps/v1:ReplicaSet", name: "ping-replicas", outputs: deployment({ pod: {} }) },
  { type: "kubernetes:apps/v1:Deployment", name: "ping-deployment", outputs: deployment({ pod }) },
];

for (const [promise, [given, expected]] of Object.entries(cases)) {
  test(promise, () => {
    const live = deployment(given);
    assert.deepEqual(unrecordedChange(own, live), expected);
    assert.deepEqual(unrecordedChange(own.slice(0, 1), live), {}, "Pulumi makes the Deployment anyway");
  });
}

test("a Deployment that isn't there has no annotations", () => {
  assert.deepEqual(unrecordedChange(own, undefined), {});
});
