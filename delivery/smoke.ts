import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "./command";

/** What is asked. */
export interface SmokeArgs {
  readonly namespace: string;
  readonly service: string;
  /** Path of the health check. */
  readonly path: string;
  /** The kubeconfig's context; its current one where left out. */
  readonly context?: string | undefined;
}

/** Answers in a row that make a healthy service, requests until it must be one, and milliseconds between two. */
export interface SmokeTiming {
  readonly inARow: number;
  readonly atMost: number;
  readonly pause: number;
}

/** Half a minute: a Service is there a moment before every node knows of it. */
export const smokeTiming: SmokeTiming = { inARow: 5, atMost: 60, pause: 500 };

/**
 * Asks a Service for its health through the API server's proxy, which needs no pod, no open port and no address of the
 * cluster, and so works in a namespace that lets nothing else run.
 *
 * @returns Whether it answered 2xx several times in a row, so that one good pod of two doesn't pass for both.
 */
export async function smokeTest(
  run: Run,
  { namespace, service, path, context }: SmokeArgs,
  { inARow, atMost, pause }: SmokeTiming = smokeTiming,
): Promise<boolean> {
  const url = `/api/v1/namespaces/${namespace}/services/http:${service}:http/proxy${path}`;
  const chosen = context === undefined ? [] : ["--context", context];
  for (let [asked, healthy] = [0, 0]; asked < atMost; asked++) {
    const { status } = await run(["kubectl", ...chosen, "get", "--raw", url, "--request-timeout=5s"]);
    healthy = status === 0 ? healthy + 1 : 0;
    if (healthy === inARow) {
      return true;
    }
    await sleep(pause);
  }
  return false;
}
