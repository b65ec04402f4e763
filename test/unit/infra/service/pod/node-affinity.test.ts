import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../../../../../common";
import { architectureTolerations, nodeAffinity } from "../../../../../infra/service/pod/node-affinity";

const cases: [Platform[], string[]][] = [
  [["linux/amd64"], ["amd64"]],
  [
    ["linux/s390x", "linux/arm64", "linux/amd64"],
    ["amd64", "arm64", "s390x"],
  ],
];

test("pods are wanted only on nodes whose system and architecture the image has, in whatever order they are given", () => {
  for (const [platforms, architectures] of cases) {
    assert.deepEqual(nodeAffinity(platforms), {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
              { key: "kubernetes.io/arch", operator: "In", values: architectures },
            ],
          },
        ],
      },
    });
  }
});

test("pods tolerate the taint of each architecture that the image has, and no other", () => {
  for (const [platforms, architectures] of cases) {
    assert.deepEqual(
      architectureTolerations(platforms),
      architectures.map((value) => ({ key: "kubernetes.io/arch", operator: "Equal", value, effect: "NoSchedule" })),
    );
  }
});
