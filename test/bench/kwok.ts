import { spawn } from "node:child_process";
import { existsSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { succeed } from "../e2e/execute";
import { firstNode } from "../sandbox/cluster-node";
import { cache } from "../sandbox/paths";
import { kubeconfig } from "../sandbox/pki";

/** The version of kwok, which plays the kubelet of nodes that aren't there. */
export const kwokVersion = "v0.8.0";

/** How simulated pods live, in seconds. */
export interface PodLife {
  /** From a pod's binding to a node until it is ready. */
  readonly start: number;
  /** From its deletion until it is gone. */
  readonly stop: number;
}

/** A pod of a container with this in its environment never gets ready on a simulated node. */
export const neverReady = "NEVER_READY";

/** Builds kwok once, and returns its path. */
async function installKwok(env: NodeJS.ProcessEnv): Promise<string> {
  const directory = join(cache, "bench", `kwok-${kwokVersion}`);
  const kwok = join(directory, "kwok");
  if (!existsSync(kwok)) {
    process.stderr.write(`building kwok ${kwokVersion}, once…\n`);
    const goEnv = { ...env, GOBIN: directory, CGO_ENABLED: "0", GOFLAGS: "" };
    await succeed(["go", "install", "-trimpath", "-ldflags=-s -w", `sigs.k8s.io/kwok/cmd/kwok@${kwokVersion}`], {
      env: goEnv,
    });
  }
  return kwok;
}

const managed = { "kwok.x-k8s.io/node": "fake" };

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
    metadata: { name, labels, annotations: managed },
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

/** A step in the life of a node or a pod, which comes some seconds after its conditions are met. */
function stage(kind: "Node" | "Pod", after: number, matchExpressions: readonly unknown[], next: object): string {
  return dump({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name: `${kind}-${Object.keys(next).join()}`.toLowerCase() },
    spec: {
      resourceRef: { apiGroup: "v1", kind },
      selector: { matchExpressions },
      delay: { durationMilliseconds: after * 1000 },
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
    stage("Node", 0, notReady, { statusTemplate: nodeStatus }),
    stage("Pod", start, starting, { statusTemplate: podStatus }),
    stage("Pod", stop, [{ key, operator: "Exists" }], { delete: true }),
  ].join("---\n");
}

/**
 * Runs `work` while new pods come to simulated nodes alone, with room for 110 pods each. Nothing runs there: only the
 * cluster's own controllers and whoever watches the pods have work to do.
 */
export async function withSimulatedNodes<T>(
  count: number,
  life: PodLife,
  directory: string,
  env: NodeJS.ProcessEnv,
  work: () => Promise<T>,
): Promise<T> {
  const kwok = await installKwok(env);
  const kubectl = (...args: string[]) => succeed(["kubectl", ...args], { env });
  const nodes = Array.from({ length: count }, (_, index) => nodeObject(index));
  const [config, manifest] = [join(directory, "kwok.yaml"), join(directory, "nodes.json")];
  writeFileSync(config, stages(life));
  writeFileSync(manifest, JSON.stringify({ apiVersion: "v1", kind: "List", items: nodes }));
  const log = openSync(join(directory, "kwok.log"), "w");
  const selector = Object.entries(managed).map(([key, value]) => `${key}=${value}`);
  const kwokProcess = spawn(
    kwok,
    [
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
      `--manage-nodes-with-annotation-selector=${selector.join(",")}`,
      "--node-lease-duration-seconds=40",
      // Of a network that RFC 2544 keeps for benchmarks: nobody is there, and nobody is asked.
      "--cidr=198.18.0.0/15",
      "--node-ip=198.18.0.1",
    ],
    { stdio: ["ignore", log, log] },
  );
  try {
    await kubectl("cordon", firstNode.name);
    await kubectl("create", "--filename", manifest);
    await kubectl("wait", "--for=condition=Ready", "--filename", manifest, "--timeout=60s");
    return await work();
  } finally {
    await kubectl("uncordon", firstNode.name);
    await kubectl("delete", "--filename", manifest, "--ignore-not-found");
    kwokProcess.kill();
  }
}
