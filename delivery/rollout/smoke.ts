import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { get } from "../../common";
import { isReady, pod } from "../../infra/rollout";
import type { Result, Run } from "../run";
import type { Deployment, HealthCheck } from "./deployment";
import { askGrpc } from "./grpc-health";
import { kubectl } from "./kubectl";

/** How often pods are asked. */
export interface SmokeTiming {
  /** How many rounds in a row must be healthy. */
  readonly inARow: number;
  /** After how many rounds the test gives up. */
  readonly atMost: number;
  /** Milliseconds between two rounds. */
  readonly pause: number;
}

/** Half a minute and the time that the answers take. */
const smokeTiming: SmokeTiming = { inARow: 3, atMost: 30, pause: 1000 };

/** What came of a smoke test. */
type Health =
  | { readonly kind: "healthy" }
  /** The reason names the pods, and what they answered. */
  | { readonly kind: "unhealthy"; readonly reason: string }
  /** The API server can't be reached or doesn't let this user ask. The pods may be healthy or not. */
  | { readonly kind: "unknown"; readonly reason: string };

const pods = z.object({ items: z.array(pod) });

/** Exit status of a pod's bad answer. kubectl itself ends with 1, which says nothing of the pod. */
const sick = 2;

/** Milliseconds that a pod may take to answer. */
const patience = 10_000;

/**
 * Asks each ready pod of a Deployment for its health: what its readiness probe asks, by `kubectl port-forward`. The pod's
 * kubelet opens that connection inside of the pod, where no network policy is in its way. One pod that answers anything
 * but 2xx, or SERVING over gRPC, makes the whole round unhealthy.
 *
 * @param context The kubeconfig's context; its current one where left out.
 * @returns The first result that held for enough rounds, and the last round's where none did.
 */
export async function smokeTest(
  run: Run,
  deployment: Deployment,
  context: string | undefined,
  { inARow, atMost, pause }: SmokeTiming = smokeTiming,
): Promise<Health> {
  for (let [round, healthy] = [1, 0]; ; round++) {
    const health = await askAll(run, deployment, context);
    healthy = health.kind === "healthy" ? healthy + 1 : 0;
    if (healthy === inARow) {
      return health;
    }
    if (round >= atMost) {
      return health.kind === "healthy" ? { kind: "unhealthy", reason: "its health doesn't last" } : health;
    }
    await sleep(pause);
  }
}

async function askAll(run: Run, deployment: Deployment, context: string | undefined): Promise<Health> {
  const { selector, health } = deployment;
  const inNamespace = kubectl(deployment, context);
  const listed = await run(inNamespace("get", "pods", "--selector", selector, "--output=json"));
  if (listed.status !== 0) {
    return { kind: "unknown", reason: lastLine(listed) };
  }
  const ready = pods
    .parse(JSON.parse(listed.stdout))
    .items.filter((each) => isReady(each) && each.metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
  if (ready.length === 0) {
    return { kind: "unhealthy", reason: "no pod is ready" };
  }
  const ask = async (name: string) => {
    const forward = inNamespace("port-forward", "--address=127.0.0.1", `pod/${name}`, `:${health.port}`);
    return { name, answer: await run(forward, { until: (output) => askThrough(output, health) }) };
  };
  const bad = (await Promise.all(ready.map(ask))).filter(({ answer }) => answer.status !== 0);
  const unasked = bad.find(({ answer }) => answer.status !== sick);
  if (unasked !== undefined) {
    return { kind: "unknown", reason: lastLine(unasked.answer) };
  }
  return bad.length === 0
    ? { kind: "healthy" }
    : { kind: "unhealthy", reason: bad.map(({ name, answer }) => `pod ${name}: ${lastLine(answer)}`).join("; ") };
}

function lastLine({ status, stderr }: Result): string {
  return stderr.trim().split("\n").at(-1) || `kubectl ended with ${status}`;
}

/** Asks a pod where kubectl says that it forwards. Undefined until it does. */
export function askThrough(output: string, health: HealthCheck): Promise<Result> | undefined {
  const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) /m.exec(output) ?? [];
  return port === undefined ? undefined : answerOf(health, Number(port));
}

async function answerOf(health: HealthCheck, port: number): Promise<Result> {
  const forwarded = new URL(`http://127.0.0.1:${port}`);
  const problem =
    "path" in health
      ? await askHttp(new URL(`${forwarded.origin}${health.path}`))
      : await askGrpc(forwarded, health.service, patience);
  return { status: problem === undefined ? 0 : sick, stdout: "", stderr: problem ?? "" };
}

/** Undefined for a healthy answer, and otherwise what came back. */
async function askHttp(url: URL): Promise<string | undefined> {
  const answer = await get(url, patience);
  if (typeof answer === "string") {
    return answer;
  }
  return answer >= 200 && answer < 300 ? undefined : `it answered ${answer}`;
}
