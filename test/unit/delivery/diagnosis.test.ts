import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../../delivery/diagnosis";
import { gatherEvidence } from "../../../delivery/evidence";
import { fakeRun } from "./fake-run";

const conditions = (type: string, status: string, reason = "", message = "") => [{ type, status, reason, message }];
const notReady = conditions("Ready", "False");
const terminated = { exitCode: 2, reason: "Error" };
const container = { name: "ping", ready: false, restartCount: 3 };
const warning = (kind: string, name: string, reason: string, message: string) => ({
  type: "Warning",
  reason,
  message,
  involvedObject: { kind, name },
});

/** A cluster in which the newest ReplicaSet of the Deployment `ping` is ping-new. */
interface Cluster {
  readonly conditions?: object[];
  /** Pods of ping-new: what is in their status. */
  readonly pods?: object[];
  readonly events?: object[];
  readonly log?: string;
}

/** How a cluster's rollout is explained, and the commands that asked for it. */
async function diagnosed({ conditions: unmet = [], pods = [], events = [], log = "" }: Cluster) {
  const commands: string[] = [];
  const set = (name: string, revision: string, owner: string) => ({
    metadata: {
      name,
      uid: name,
      annotations: { "deployment.kubernetes.io/revision": revision },
      ownerReferences: [{ uid: owner }],
    },
  });
  const answers: Record<string, unknown> = {
    "deployment ping": { metadata: { name: "ping", uid: "1" }, status: { conditions: unmet } },
    replicasets: { items: [set("ping-new", "10", "1"), set("ping-old", "9", "1"), set("other", "11", "2")] },
    pods: {
      items: [
        ...pods.map((status, index) => ({
          metadata: { name: `ping-new-${index}`, ownerReferences: [{ uid: "ping-new" }] },
          status,
        })),
        { metadata: { name: "ping-old-0", ownerReferences: [{ uid: "ping-old" }] }, status: { conditions: notReady } },
      ],
    },
    "events --sort-by=.lastTimestamp": { items: events },
  };
  const run = fakeRun((command) => {
    const text = command.replace(/^kubectl --context there --namespace ping-dev --request-timeout=10s /, "");
    commands.push(text);
    const asked = /^get --output=json (.*)$/.exec(text)?.[1] ?? "";
    return text.startsWith("logs") ? log : JSON.stringify(answers[asked]);
  });
  const lines = explain(await gatherEvidence(run, { namespace: "ping-dev", name: "ping" }, "there"));
  return { lines, commands };
}

const cases: Readonly<Record<string, { cluster: Cluster; lines: string[] }>> = {
  "a rollout whose pods are ready has nothing to explain": {
    cluster: {
      conditions: conditions("Available", "True", "MinimumReplicasAvailable", "fine"),
      pods: [{ phase: "Running", conditions: conditions("Ready", "True") }],
      events: [warning("Pod", "ping-old-0", "Killing", "an old pod")],
    },
    lines: [],
  },
  "a container that crashes is told with its last words": {
    cluster: {
      pods: [
        {
          phase: "Running",
          conditions: notReady,
          containerStatuses: [
            {
              ...container,
              state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 20s" } },
              lastState: { terminated: { ...terminated, message: "panic: not today\n\ngoroutine 1\n" } },
            },
          ],
        },
      ],
    },
    lines: [
      "pod ping-new-0: Running",
      "  container ping: CrashLoopBackOff: back-off 20s, 3 restarts",
      "  container ping: ended with exit code 2 (Error)",
      "    | panic: not today",
      "    | goroutine 1",
    ],
  },
  "a probe that fails is told by the pod's warnings, with the end of its log": {
    cluster: {
      pods: [{ phase: "Running", conditions: notReady, containerStatuses: [{ ...container, state: {} }] }],
      events: [
        warning("Pod", "ping-old-0", "Unhealthy", "not of this rollout"),
        warning("Pod", "ping-new-0", "Unhealthy", "Startup probe failed: HTTP probe failed with statuscode: 404"),
        warning("Pod", "ping-new-0", "Unhealthy", "Startup probe failed: HTTP probe failed with statuscode: 404"),
      ],
      log: '{"msg":"listening"}\n',
    },
    lines: [
      "pod ping-new-0: Running",
      "  container ping: running but not ready, 3 restarts",
      '    | {"msg":"listening"}',
      "Unhealthy (Pod ping-new-0): Startup probe failed: HTTP probe failed with statuscode: 404",
    ],
  },
  "a quota is told by the Deployment's condition and the ReplicaSet's warning": {
    cluster: {
      conditions: conditions("ReplicaFailure", "True", "FailedCreate", "exceeded quota"),
      events: [warning("ReplicaSet", "ping-new", "FailedCreate", 'pods "ping-new-x1y2z" is forbidden: exceeded quota')],
    },
    lines: [
      "deployment ping: FailedCreate: exceeded quota",
      'FailedCreate (ReplicaSet ping-new): pods "ping-new-…" is forbidden: exceeded quota',
    ],
  },
  "pods without a node say what no node has, and of many pods only some are told": {
    cluster: {
      conditions: conditions("Progressing", "False", "ProgressDeadlineExceeded", "timed out"),
      pods: Array.from({ length: 5 }, () => ({
        phase: "Pending",
        conditions: conditions("PodScheduled", "False", "Unschedulable", "0/1 nodes are available"),
      })),
    },
    lines: [
      "deployment ping: ProgressDeadlineExceeded: timed out",
      ...[0, 1, 2].flatMap((index) => [`pod ping-new-${index}: Pending`, "  not scheduled: 0/1 nodes are available"]),
      "and 2 more pods that aren't ready",
    ],
  },
};

for (const [promise, { cluster, lines }] of Object.entries(cases)) {
  test(promise, async () => {
    assert.deepEqual((await diagnosed(cluster)).lines, lines);
  });
}

test("a log is read of containers that left no last word, and of no others", async () => {
  const spoken = { ...container, lastState: { terminated: { ...terminated, message: "bye" } } };
  const pulling = { ...container, state: { waiting: { reason: "ImagePullBackOff" } } };
  const { commands } = await diagnosed({
    pods: [spoken, pulling, { ...container, lastState: { terminated } }].map((status) => ({
      conditions: notReady,
      containerStatuses: [status],
    })),
  });
  assert.deepEqual(
    commands.filter((command) => command.startsWith("logs")),
    ["logs ping-new-2 --container ping --tail=20"],
  );
});
