import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timing } from "../../infra/service";
import { type Project, withProject } from "../e2e/project";
import type { Benchmark, Result } from "./benchmark";
import { table } from "./benchmark-report";
import { registry } from "./builder";
import { countApi, type CountedApi } from "./counted-api";
import { kwokVersion, neverReady, type PodLife, withSimulatedNodes } from "./kwok";
import { megabytes, peakMemory } from "./memory";
import { milliseconds } from "./statistics";

const largest = 500;
const sizes = [2, 50, largest] as const;
/** Room for the largest size, the quarter more that an update makes, and the pods on their way out. */
const nodes = 10;
/** As long as a small image takes, and as the service in `app/` takes to stop. */
const life: PodLife = { start: 5, stop: 15 };
/** Of the release that fails, in seconds. */
const shortDeadline = 20;
const provider = "pulumi-resource-kubernetes";

/** Parts of the pods that are made one after the other: a quarter of them, rounded up, may be new at a time. */
const waves = (pods: number) => Math.ceil(pods / Math.ceil(pods / 4));

interface Update {
  readonly time: number;
  readonly requests: number;
  readonly memory: number;
}

async function measure(api: CountedApi, update: () => Promise<unknown>): Promise<Update> {
  const before = api.requests();
  let time = 0;
  const { programs } = await peakMemory(async () => {
    time = await milliseconds(update);
  });
  return { time, requests: api.requests() - before, memory: programs.get(provider) ?? NaN };
}

const seconds = (value: number) => `${(value / 1000).toFixed(1)} s`;

/** An update of pods by the program, and by kubectl. */
interface Row {
  readonly pods: number;
  readonly own: Update;
  readonly peer: number;
}

async function compare(project: Project, api: CountedApi): Promise<Result> {
  const up = ["up", "--yes", "--skip-preview"] as const;
  const release = (pods: number, env: Readonly<Record<string, string>>, more = {}) => {
    project.configure({ registry: { url: `${registry}/bench` }, replicas: { min: pods, max: pods }, env, ...more });
  };
  const rows: Row[] = [];
  for (const pods of sizes) {
    release(pods, { ROUND: "first" });
    const { service } = await project.up();
    const deployment = `deployment/${service}`;
    const peer = await milliseconds(async () => {
      await project.kubectl("set", "env", deployment, "ROUND=kubectl");
      await project.kubectl("rollout", "status", deployment, "--timeout=600s");
    });
    release(pods, { ROUND: "second" });
    rows.push({ pods, own: await measure(api, () => project.pulumi(...up)), peer });
  }
  release(largest, { [neverReady]: "" }, { progressDeadline: shortDeadline });
  const failed = await measure(api, () => project.tryPulumi(...up));
  const limit = timing(shortDeadline).timeout;

  const ofPods = (pods: number) => rows.find((row) => row.pods === pods);
  const time = (pods: number) => ofPods(pods)?.own.time ?? NaN;
  return {
    targets: [
      {
        what: `pulumi up that rolls ${largest} pods ÷ kubectl set env and rollout status`,
        ratio: time(largest) / (ofPods(largest)?.peer ?? NaN),
        limit: 1.2,
        limits: "at most",
      },
      {
        what: `pulumi up that rolls ${largest} pods ÷ one that rolls 50, in as many waves`,
        ratio: time(largest) / time(50),
        limit: 1.2,
        limits: "at most",
      },
      {
        what: `a release of ${largest} pods that never get ready ÷ its limit of ${limit} s`,
        ratio: failed.time / 1000 / limit,
        limit: 1.2,
        limits: "at most",
      },
    ],
    body: [
      `An environment variable changes, on ${nodes} nodes that kwok ${kwokVersion} simulates: a pod is ready ${life.start} s ` +
        `after it has a node, and gone ${life.stop} s after its end begins. The API server, its controllers, the scheduler ` +
        "and the provider are real, with Kubernetes' default settings. One run each.",
      table(
        ["pods", "waves", "pulumi up", "kubectl, rollout status", "requests of pulumi up", "the provider's memory"],
        rows.map(({ pods, own, peer }) => [
          String(pods),
          String(waves(pods)),
          seconds(own.time),
          seconds(peer),
          String(own.requests),
          megabytes(own.memory),
        ]),
      ),
      `A release of ${largest} pods that never get ready, with \`progressDeadline: ${shortDeadline}\`, failed after ` +
        `${seconds(failed.time)}, with ${failed.requests} requests and ${megabytes(failed.memory)}.`,
      "A few pods take as long as their waves. Many take as long as the controllers need to write: 20 times a second by " +
        "default (`kube-controller-manager --kube-api-qps`), once for each pod that comes and once for each that goes. " +
        "That is 50 s for 500 pods, whoever asks for them, and with the default `progressDeadline`, which gives a rollout " +
        "240 s, the end for some 2,000. A service of more than 1,000 pods needs a longer one, or a control plane that may " +
        "write more often.",
    ].join("\n\n"),
    plots: [
      {
        name: "scale",
        title: "A rolling update of simulated pods (s, less is better)",
        bars: rows.flatMap(({ pods, own, peer }) => [
          { label: `pulumi up, ${pods} pods`, value: own.time, text: seconds(own.time), own: true },
          { label: `kubectl, ${pods} pods`, value: peer, text: seconds(peer) },
        ]),
      },
    ],
  };
}

/** What a rollout costs when there are many pods. */
export const scaleBenchmark: Benchmark = {
  title: "Rollouts of many pods",
  run: async (env) => {
    const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
    const counted = join(directory, "kubeconfig");
    try {
      const api = await countApi(counted);
      try {
        return await withSimulatedNodes(nodes, life, directory, env, () =>
          withProject("bench-scale", { ...env, KUBECONFIG: counted }, {}, (project) => compare(project, api)),
        );
      } finally {
        api.close();
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
