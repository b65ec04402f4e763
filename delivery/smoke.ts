import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Result, Run } from "./command";
import type { Deployment } from "./deployment";
import { isReady, kubectl, pod } from "./evidence";

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
export const smokeTiming: SmokeTiming = { inARow: 3, atMost: 30, pause: 1000 };

/** What came of a smoke test. */
export type Health =
  | { readonly kind: "healthy" }
  /** The reason names the pods, and what they answered. */
  | { readonly kind: "unhealthy"; readonly reason: string }
  /** The API server can't be reached or doesn't let this user ask. The pods may be healthy or not. */
  | { readonly kind: "unknown"; readonly reason: string };

const pods = z.object({ items: z.array(pod) });

/** Errors of kubectl and the API server that say nothing of a pod. An HTTP status that a pod answered reads otherwise. */
const notThePods =
  /cannot \w+ resource|error trying to reach service: .*(?:no route to host|i\/o timeout|network is unreachable)/;

/**
 * Asks each ready pod of a Deployment for its health: what its readiness probe asks, through the API server's proxy. That
 * needs no pod, no open port and no address of the cluster, so it works in a namespace that lets nothing else run. One pod
 * that answers anything but 2xx makes the whole round unhealthy.
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
  const command = kubectl(deployment, context);
  const listed = await run(command("get", "pods", "--selector", selector, "--output=json"));
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
    const path = `/api/v1/namespaces/${deployment.namespace}/pods/http:${name}:${health.port}/proxy${health.path}`;
    return { name, answer: await run(command("get", "--raw", path)) };
  };
  const bad = (await Promise.all(ready.map(ask))).filter(({ answer }) => answer.status !== 0);
  const unasked = bad.find(({ answer }) => notThePods.test(answer.stderr));
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
