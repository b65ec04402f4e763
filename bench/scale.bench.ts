import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { progressDeadlines } from "../infra/config";
import { timing } from "../infra/service";
import { eventually } from "../test/support/eventually";
import { type Project, up, withProject } from "../test/support/project";
import type { Benchmark, Result } from "./benchmark";
import { megabytes, seconds, table } from "./benchmark-report";
import { registry } from "./builder";
import { countApi, type CountedApi } from "./counted-api";
import { kwok, neverReady, type PodLife, withSimulatedNodes } from "./kwok";
import { peakMemory } from "./memory";
import { milliseconds } from "./statistics";

const sizes = [2, 50, 500] as const;
const largest = Math.max(...sizes);
/** Room for the largest size, the quarter more that an update makes, and the pods on their way out. */
const nodes = 10;
/** About what a small image takes to start; the service in `app/` stops after 5 s of sleep and 10 s of drain. */
const life: PodLife = { start: 5, stop: 15 };
/** `progressDeadline` of the release that fails, in seconds. */
const shortDeadline = 20;
const provider = "pulumi-resource-kubernetes";

/** How many waves a rollout has: at most a quarter of the pods, rounded up, is new at a time. */
const waves = (pods: number) => Math.ceil(pods / Math.ceil(pods / 4));

/** Writes a second of kube-controller-manager, by default (`--kube-api-qps`). */
const writesPerSecond = 20;

/** Seconds that the cluster needs for a rollout, whoever asks for it: its waves, or a write for each pod that comes or goes. */
const least = (pods: number) => Math.max(waves(pods) * life.start, (2 * pods) / writesPerSecond);

interface Update {
  readonly time: number;
  readonly requests: number;
  readonly memory: ReadonlyMap<string, number>;
}

async function measure(api: CountedApi, update: () => Promise<unknown>): Promise<Update> {
  const before = api.requests();
  let time = 0;
  const { programs } = await peakMemory(async () => {
    time = await milliseconds(update);
  });
  return { time, requests: api.requests() - before, memory: programs };
}

/** What the provider held at its peak. */
function providerMemory({ memory }: Update): string {
  const bytes = memory.get(provider);
  if (bytes === undefined) {
    throw new Error(`no process of ${provider} was seen`);
  }
  return megabytes(bytes);
}

/** An update of so many pods by the program, and by kubectl. */
interface Row {
  readonly pods: number;
  readonly own: Update;
  readonly peer: Update;
}

/** Updates so many pods, first by kubectl. Before each of the two, the pods of the update before are gone. */
async function updateBoth(project: Project, api: CountedApi, pods: number): Promise<Row> {
  const release = (round: string) => {
    const replicas = { min: pods, max: pods };
    project.configure({ registry: { url: `${registry}/bench` }, replicas, env: { ROUND: round } });
  };
  const settled = () =>
    eventually(
      `${pods} pods`,
      async () => {
        const found = await project.kubectl("get", "pods", "--output=name");
        return found.trim().split("\n").length === pods ? found : undefined;
      },
      10 * life.stop * 1000,
    );
  release("first");
  const deployment = `deployment/${(await project.up()).service}`;
  await settled();
  const peer = await measure(api, async () => {
    await project.kubectl("set", "env", deployment, "ROUND=kubectl");
    await project.kubectl("rollout", "status", deployment, "--timeout=600s");
  });
  await settled();
  release("second");
  return { pods, own: await measure(api, () => project.pulumi(...up)), peer };
}

/** Releases pods that never get ready, until the release fails. */
async function failRelease(project: Project, api: CountedApi): Promise<Update> {
  project.configure({
    registry: { url: `${registry}/bench` },
    replicas: { min: largest, max: largest },
    env: { [neverReady]: "" },
    progressDeadline: shortDeadline,
  });
  return await measure(api, async () => {
    const { status, stdout, stderr } = await project.tryPulumi(...up);
    if (status === 0 || !stdout.includes("ProgressDeadlineExceeded")) {
      throw new Error(`a release whose pods never get ready ended with ${String(status)}\n${stdout}${stderr}`);
    }
  });
}

async function compare(project: Project, api: CountedApi): Promise<Result> {
  const rows: Row[] = [];
  for (const pods of sizes) {
    rows.push(await updateBoth(project, api, pods));
  }
  const failed = await failRelease(project, api);
  const limit = timing(shortDeadline).timeout;
  const defaultLimit = timing(progressDeadlines.default).timeout;
  const last = rows.at(-1);
  const ratio = (last?.own.time ?? NaN) / (last?.peer.time ?? NaN);
  return {
    targets: [
      {
        what: `pulumi up that rolls ${largest} pods ÷ kubectl set env and rollout status`,
        ratio,
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
      `An environment variable changes, on ${nodes} nodes that kwok ${kwok.version} simulates: a pod is ready ${life.start} s ` +
        `after it has a node, and gone ${life.stop} s after its deletion. The API server, its controllers, the scheduler ` +
        "and the provider are real, with Kubernetes' default settings. One run each: differences below a tenth are noise.",
      table(
        [
          "pods",
          "waves",
          "least",
          "pulumi up",
          "kubectl, rollout status",
          "requests of pulumi up",
          "provider's memory",
        ],
        rows.map(({ pods, own, peer }) => [
          String(pods),
          String(waves(pods)),
          `${least(pods)} s`,
          seconds(own.time, 1),
          seconds(peer.time, 1),
          String(own.requests),
          providerMemory(own),
        ]),
      ),
      `A release of ${largest} pods that never get ready, with \`progressDeadline: ${shortDeadline}\`, failed after ` +
        `${seconds(failed.time, 1)}, with ${failed.requests} requests and ${providerMemory(failed)}.`,
      "The least is what the cluster needs, whoever asks: its waves, one after the other, or, with many pods, the " +
        `${writesPerSecond} writes a second that kube-controller-manager makes by default (\`--kube-api-qps\`), one for each ` +
        "pod that comes and one for each that goes. The default `progressDeadline` ends a rollout after " +
        `${defaultLimit} s: enough for ${(defaultLimit * writesPerSecond) / 2} pods at ` +
        "best. From half as many on, a service should have a longer one, or a control plane that may write more often.",
    ].join("\n\n"),
    plots: [
      {
        name: "scale",
        title: "A rolling update of simulated pods (s, less is better)",
        bars: rows.flatMap(({ pods, own, peer }) => [
          { label: `pulumi up, ${pods} pods`, value: own.time, text: seconds(own.time, 1), own: true },
          { label: `kubectl, ${pods} pods`, value: peer.time, text: seconds(peer.time, 1) },
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
        return await withSimulatedNodes(nodes, life, env, () =>
          withProject("bench-scale", { ...env, KUBECONFIG: counted }, {}, (project) => compare(project, api)),
        );
      } finally {
        api.stop();
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
