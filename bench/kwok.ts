import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { kubeconfig } from "../test/sandbox/ground/paths";
import { firstNode } from "../test/sandbox/network/cluster-node";
import { succeed } from "../test/support/execute";
import { type GoTool, installTool, toolDirectory } from "./go-tool";

/** Takes the place of the kubelets of simulated nodes. */
export const kwok: GoTool = { path: "sigs.k8s.io/kwok/cmd/kwok", version: "v0.8.0" };

/** How simulated pods live, in seconds. */
export interface PodLife {
  /** From a pod's binding to a node until it is ready. */
  readonly start: number;
  /** From its deletion until it is gone. */
  readonly stop: number;
}

/** A pod never gets ready on a simulated node if its container has this environment variable. */
export const neverReady = "NEVER_READY";

const managedByKwok = { "kwok.x-k8s.io/node": "fake" };

function nodeObject(index: number) {
  const name = `simulated-${String(index)}`;
  const capacity = { cpu: "32", memory: "256Gi", pods: "110", "ephemeral-storage": "1Ti" };
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": index % 2 === 0 ? "amd64" : "arm64",
    "topology.kubernetes.io/zone": `zone-${"abc".charAt(index % 3)}`,
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels, annotations: managedByKwok },
    status: { capacity, allocatable: capacity },
  };
}

const nodeStatus = `
conditions:
- { type: Ready, status: "True", reason: Simulated, lastHeartbeatTime: {{ Now | Quote }} }
`;

const podStatus = `
{{ $now := Now | Quote }}
phase: Running
startTime: {{ $now }}
podIP: {{ index (PodIPsWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace) 0 | Quote }}
conditions:
{{ range list "Initialized" "ContainersReady" "Ready" }}
- { type: {{ . }}, status: "True", lastTransitionTime: {{ $now }} }
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- { name: {{ .name }}, image: {{ .image | Quote }}, ready: true, restartCount: 0, state: { running: { startedAt: {{ $now }} } } }
{{ end }}
`;

/** A step in the life of a node or a pod, which comes some seconds after it matches. */
function stage(
  name: string,
  kind: "Node" | "Pod",
  delay: number,
  matchExpressions: readonly object[],
  next: object,
): string {
  return dump({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: "v1", kind },
      selector: { matchExpressions },
      delay: { durationMilliseconds: delay * 1000 },
      next,
    },
  });
}

function stages({ start, stop }: PodLife): string {
  const key = ".metadata.deletionTimestamp";
  const starting = [
    { key, operator: "DoesNotExist" },
    { key: ".status.phase", operator: "In", values: ["Pending"] },
    { key: `.spec.containers.[].env.[] | select(.name == "${neverReady}") | .name`, operator: "DoesNotExist" },
  ];
  const notReady = [
    { key: '.status.conditions.[] | select(.type == "Ready") | .status', operator: "NotIn", values: ["True"] },
  ];
  return [
    stage("node-ready", "Node", 0, notReady, { statusTemplate: nodeStatus }),
    stage("pod-ready", "Pod", start, starting, { statusTemplate: podStatus }),
    stage("pod-gone", "Pod", stop, [{ key, operator: "Exists" }], { delete: true }),
  ].join("---\n");
}

/**
 * Runs `work` with the first node cordoned, so that new pods are bound to simulated nodes, up to 110 each. No container
 * runs there: only the cluster's own controllers and whoever watches the pods have work to do. kwok's log stays in the cache,
 * beside kwok.
 */
export async function withSimulatedNodes<T>(
  count: number,
  life: PodLife,
  env: NodeJS.ProcessEnv,
  work: () => Promise<T>,
): Promise<T> {
  const file = await installTool(kwok, env);
  const directory = toolDirectory(kwok);
  const kubectl = (...args: string[]) => succeed(["kubectl", ...args], { env });
  const nodes = Array.from({ length: count }, (_, index) => nodeObject(index));
  const [config, manifest] = [join(directory, "stages.yaml"), join(directory, "nodes.json")];
  writeFileSync(config, stages(life));
  writeFileSync(manifest, JSON.stringify({ apiVersion: "v1", kind: "List", items: nodes }));
  const selector = Object.entries(managedByKwok).map(([key, value]) => `${key}=${value}`);
  const kwokProcess = spawn(
    file,
    [
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
      `--manage-nodes-with-annotation-selector=${selector.join(",")}`,
      "--node-lease-duration-seconds=40",
      // RFC 2544 reserves this network for benchmarks, so that no address is a real one.
      "--cidr=198.18.0.0/15",
      "--node-ip=198.18.0.1",
    ],
    { stdio: ["ignore", "ignore", openSync(join(directory, "kwok.log"), "w")] },
  );
  try {
    await once(kwokProcess, "spawn");
    try {
      await kubectl("cordon", firstNode.name);
      await kubectl("create", "--filename", manifest);
      await kubectl("wait", "--for=condition=Ready", "--filename", manifest, "--timeout=60s");
      return await work();
    } finally {
      await kubectl("uncordon", firstNode.name);
      await kubectl("delete", "--filename", manifest, "--ignore-not-found");
    }
  } finally {
    kwokProcess.kill();
  }
}
