import { setTimeout as sleep } from "node:timers/promises";
import type { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { Failure, messageOf } from "../../common";
import type { Cluster } from "./cluster";
import type { Exposure } from "./find-exposure";
import { getFromApi } from "./ask-api";

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.number().optional(),
});

/** An HTTPRoute, as the API server has it. */
const liveRoute = z.object({
  metadata: z.object({ generation: z.number() }),
  status: z.object({ parents: z.array(z.object({ conditions: z.array(condition).optional() })) }).optional(),
});

/** The conditions of an HTTPRoute without which no request gets through. */
const wanted = ["Accepted", "ResolvedRefs"];

/** The longest pause between two questions. */
const longestPause = 8000;

/**
 * URL of the service outside of the cluster. In an update it is known once the Gateway has accepted the HTTPRoute.
 *
 * @param seconds How long that may take.
 */
export function publicUrl(
  cluster: Cluster,
  { host }: Exposure,
  route: CustomResource | undefined,
  seconds: number,
): pulumi.Output<string> {
  const url = `https://${host}`;
  if (route === undefined || pulumi.runtime.isDryRun()) {
    return pulumi.output(url);
  }
  return route.metadata.apply(async ({ namespace, name }) => {
    await routeAccepted(cluster, namespace, name, seconds);
    return url;
  });
}

/**
 * Waits until the Gateway has accepted an HTTPRoute. The pauses between two questions double: a Gateway that is well answers
 * the first or the second one. docs/decisions.md says why the provider doesn't wait.
 *
 * @throws Failure if the Gateway doesn't accept it in time, naming the condition and its reason.
 */
export async function routeAccepted(cluster: Cluster, namespace: string, name: string, seconds: number): Promise<void> {
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${name}`;
  const deadline = Date.now() + seconds * 1000;
  for (let pause = 1000; ; pause = Math.min(2 * pause, longestPause)) {
    // A question that fails once is asked again.
    const problem = await getFromApi(cluster, path, `for the HTTPRoute ${name}`).then(refusal, messageOf);
    if (problem === undefined) {
      return;
    }
    const left = deadline - Date.now();
    if (left <= 0) {
      throw new Failure(
        `the HTTPRoute ${name} in ${namespace} isn't accepted after ${seconds} s: ${problem.replace(/\.$/, "")}.`,
      );
    }
    await sleep(Math.min(pause, left));
  }
}

/** Why a route isn't accepted. Undefined if it is. */
export function refusal(answer: string | undefined): string | undefined {
  if (answer === undefined) {
    return "it is gone";
  }
  const { metadata, status } = liveRoute.parse(JSON.parse(answer));
  const parents = (status?.parents ?? []).map(({ conditions = [] }) =>
    conditions.filter(({ observedGeneration = metadata.generation }) => observedGeneration === metadata.generation),
  );
  const failed = parents.flat().find(({ type, status: is }) => wanted.includes(type) && is !== "True");
  if (failed) {
    const { type, status: is, reason, message } = failed;
    return `its condition ${type} is ${is}, ${reason}: ${message}`;
  }
  const missing = parents.map((conditions) => wanted.filter((type) => !conditions.some((each) => each.type === type)));
  if (missing.some((types) => types.length === 0)) {
    return undefined;
  }
  return missing.some((types) => types.length < wanted.length)
    ? `no controller says both ${wanted.join(" and ")} of it yet`
    : "no controller says anything of it. The one of the Gateway's class may not run";
}
