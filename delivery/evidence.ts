import { z } from "zod";
import { type Command, outputOf, type Run } from "./command";
import type { Deployment } from "./deployment";

const owner = z.object({ uid: z.string() });
const metadata = z.object({
  name: z.string(),
  uid: z.string().default(""),
  annotations: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(owner).default([]),
  deletionTimestamp: z.string().optional(),
});
const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
});
const waiting = z.object({ reason: z.string().default(""), message: z.string().default("") });
const terminated = z.object({
  exitCode: z.number(),
  reason: z.string().default("no reason"),
  message: z.string().default(""),
});
const containerState = z.object({ waiting: waiting.optional(), terminated: terminated.optional() });
const containerStatus = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number().default(0),
  state: containerState.default({}),
  lastState: containerState.default({}),
});
const conditions = z.array(condition).default([]);

const deployment = z.object({ metadata, status: z.object({ conditions }) });
const replicaSet = z.object({ metadata });
/** A pod, as far as it is looked at. */
export const pod = z.object({
  metadata,
  status: z.object({
    phase: z.string().default("not started"),
    conditions,
    containerStatuses: z.array(containerStatus).default([]),
  }),
});
const event = z.object({
  type: z.string().default(""),
  reason: z.string().default(""),
  message: z.string().default(""),
  involvedObject: z.object({ kind: z.string().default(""), name: z.string().default("") }),
});
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** What the cluster says about a rollout, as kubectl prints it. */
export interface Evidence {
  readonly deployment: z.infer<typeof deployment>;
  readonly replicaSets: readonly z.infer<typeof replicaSet>[];
  readonly pods: readonly z.infer<typeof pod>[];
  /** Oldest first. */
  readonly events: readonly z.infer<typeof event>[];
  /** The end of a container's log, by `pod/container`. */
  readonly logs: Readonly<Record<string, string>>;
}

/** A pod and its containers' states. */
export type Pod = Evidence["pods"][number];

/** How many lines of a container's output are kept. */
export const shownLines = 20;

/** Whether a pod is ready, or about to go and so not expected to be. */
export function isReady({ metadata: { deletionTimestamp }, status }: Pod): boolean {
  const ready = status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True");
  return ready || deletionTimestamp !== undefined;
}

/** A kubectl command in a Deployment's namespace. Its API server gets 10 s to answer. */
export function kubectl({ namespace }: Pick<Deployment, "namespace">, context: string | undefined) {
  const chosen = context === undefined ? [] : ["--context", context];
  return (...args: string[]): Command => [
    "kubectl",
    ...chosen,
    "--namespace",
    namespace,
    "--request-timeout=10s",
    ...args,
  ];
}

/**
 * Asks the cluster about a Deployment's rollout.
 * @param context The kubeconfig's context; its current one where left out.
 * @throws Failure where kubectl can't ask it.
 */
export async function gatherEvidence(
  run: Run,
  target: Pick<Deployment, "namespace" | "name">,
  context: string | undefined,
): Promise<Evidence> {
  const command = kubectl(target, context);
  const get = async <T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> =>
    schema.parse(JSON.parse(await outputOf(run, command("get", "--output=json", ...args))));
  const { items: pods } = await get(list(pod), "pods");
  const silent = pods.filter((each) => !isReady(each)).flatMap(silentContainers);
  const logs = await Promise.all(
    silent.map(async ([name, container]) => {
      const read = await run(command("logs", name, "--container", container, `--tail=${shownLines}`));
      return [`${name}/${container}`, read.status === 0 ? read.stdout : ""] as const;
    }),
  );
  return {
    deployment: await get(deployment, "deployment", target.name),
    replicaSets: (await get(list(replicaSet), "replicasets")).items,
    pods,
    events: (await get(list(event), "events", "--sort-by=.lastTimestamp")).items,
    logs: Object.fromEntries(logs),
  };
}

/** The containers that aren't ready and left no last message. Their logs may say why. */
function silentContainers({ metadata, status }: Pod): (readonly [string, string])[] {
  return status.containerStatuses
    .filter(({ ready, state, lastState }) => {
      const ended = state.terminated ?? lastState.terminated;
      return !ready && !(ended === undefined && state.waiting !== undefined) && (ended?.message ?? "") === "";
    })
    .map(({ name }) => [metadata.name, name] as const);
}
