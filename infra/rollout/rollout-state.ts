import type { z } from "zod";
import { Failure } from "../../common";
import { deployment, ending, event, isReady, list, pod, type Pod, replicaSet } from "./objects";

/** Asks a cluster's API for a path. Undefined if it has no such path. @throws Failure if the cluster can't be asked. */
export type AskApi = (path: string) => Promise<string | undefined>;

/** What the cluster says about a rollout. */
export interface RolloutState {
  readonly deployment: z.infer<typeof deployment>;
  readonly replicaSets: readonly z.infer<typeof replicaSet>[];
  readonly pods: readonly z.infer<typeof pod>[];
  readonly events: readonly z.infer<typeof event>[];
  /** The end of a container's log, by `pod/container`. */
  readonly logs: Readonly<Record<string, string>>;
}

/** How many lines of a container's output are kept. */
export const shownLines = 20;

/**
 * Asks the cluster about a Deployment's rollout.
 * @returns undefined if there is no such Deployment.
 * @throws Failure if the cluster can't be asked.
 */
export async function readRollout(
  ask: AskApi,
  target: { readonly namespace: string; readonly name: string },
): Promise<RolloutState | undefined> {
  const [apps, core] = ["/apis/apps/v1", "/api/v1"].map((api) => `${api}/namespaces/${target.namespace}`);
  const found = await ask(`${apps}/deployments/${target.name}`);
  if (found === undefined) {
    return undefined;
  }
  const items = async <T extends z.ZodType>(item: T, path: string) =>
    list(item).parse(JSON.parse((await ask(path)) ?? '{"items":[]}')).items;
  const pods = await items(pod, `${core}/pods`);
  const silent = pods.filter((each) => !isReady(each)).flatMap(silentContainers);
  const logs = silent.map(async ([name, of]) => {
    const log = `${core}/pods/${name}/log?container=${of}&tailLines=${shownLines}`;
    return [`${name}/${of}`, (await ask(log).catch(unread)) ?? ""] as const;
  });
  return {
    deployment: deployment.parse(JSON.parse(found)),
    replicaSets: await items(replicaSet, `${apps}/replicasets`),
    pods,
    events: await items(event, `${core}/events`),
    logs: Object.fromEntries<string>(await Promise.all(logs)),
  };
}

/** The containers that aren't ready and left no last message. Their logs may say why. */
function silentContainers({ metadata, status }: Pod): (readonly [string, string])[] {
  return status.containerStatuses
    .filter((each) => {
      const ended = ending(each);
      const waits = ended === undefined && each.state.waiting !== undefined;
      return !each.ready && !waits && (ended?.message ?? "") === "";
    })
    .map(({ name }) => [metadata.name, name] as const);
}

/** A container that has just gone has no log, and a role may not read any. */
function unread(error: unknown): string {
  if (error instanceof Failure) {
    return "";
  }
  throw error;
}
