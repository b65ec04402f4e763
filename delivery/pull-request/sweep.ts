import { Failure } from "../../common";
import type { GitHub } from "../github";
import type { Run } from "../run";
import { findTags, forgetStack, listStacks, withLock } from "../stack";
import { readEnvironment } from "./environment";
import { namespaceNames, removeNamespace } from "./environment-namespaces";
import { runOnClose } from "./on-close";

/** Which environments are left over, and where they are. */
interface SweepArgs {
  /** The file that every such environment is configured with. */
  readonly template: string;
  /** The kubeconfig's context; its current one where left out. */
  readonly context?: string | undefined;
  /** Days after an environment's last update when it is left over, though its request is open; never where left out. */
  readonly idleDays?: number | undefined;
}

/** Why an environment is left over: its request isn't open, or got no commit. */
type Reason = "closed" | "idle";

type Requests = Pick<GitHub, "openPullRequests">;

/**
 * The numbers of the environments that are left over: a stack or a namespace whose pull request isn't open, and a stack that wasn't
 * updated for days. A request that conflicts with its base gets no run when it closes, and a killed job removes nothing.
 */
export async function leftOver(
  { template, context, idleDays }: SweepArgs,
  run: Run,
  github: Requests,
  now = Date.now(),
): Promise<ReadonlyMap<number, Reason>> {
  // GitHub last: the request of a stack that is made meanwhile isn't looked for.
  const stacks = await listStacks(run);
  const namespaces = await namespaceNames(context, run);
  const open = await github.openPullRequests();
  const ofStack = (name: string) => /^pr-([1-9]\d{0,14})$/.exec(name)?.[1];
  const ofNamespace = (name: string) => {
    const number = /-pr-([1-9]\d{0,14})$/.exec(name)?.[1];
    return number !== undefined && readEnvironment(number, template).namespace === name ? number : undefined;
  };
  const numbers = [...stacks.map(({ name }) => ofStack(name)), ...namespaces.map(ofNamespace)];
  const isClosed = (number: number) => !open.has(number);
  const closed = numbers.flatMap((text) => (text === undefined ? [] : [Number(text)])).filter(isClosed);
  const oldest = idleDays === undefined ? undefined : now - idleDays * 24 * 60 * 60 * 1000;
  const idle = stacks.flatMap(({ name, lastUpdate }) => {
    const number = Number(ofStack(name));
    const isIdle = oldest !== undefined && lastUpdate !== undefined && Date.parse(lastUpdate) < oldest;
    return isIdle && open.has(number) ? [number] : [];
  });
  const entries = [
    ...closed.map((number) => [number, "closed"] as const),
    ...idle.map((number) => [number, "idle"] as const),
  ];
  return new Map(entries.toSorted(([one], [other]) => one - other));
}

/**
 * Removes an environment, unless it is no longer left over: what its key `onClose` says comes first, then its namespace goes
 * with all that is in it, and its stack. It runs nothing here that the stack's state names: a branch may have written the
 * state, and this runs on `main`. A destroy starts the plugins and the kubeconfig's commands that a state names.
 *
 * @returns Why it was left over; undefined if it wasn't.
 */
export async function sweep(number: number, args: SweepArgs, run: Run, github: Requests): Promise<Reason | undefined> {
  const reason = (await leftOver(args, run, github)).get(number);
  if (reason === undefined) {
    return undefined;
  }
  const environment = readEnvironment(String(number), args.template);
  const { stack } = environment;
  await runOnClose(environment, args.context, run);
  await removeNamespace(environment, args.context, run);
  const tags = await findTags(run, stack);
  if (tags !== undefined) {
    const { status, stderr } = await withLock(run, stack, tags, () => forgetStack(run, stack));
    if (status !== 0) {
      throw new Failure(
        `the stack ${stack} could not be removed: pulumi stack rm ended with ${status}: ${stderr.trim()}`,
      );
    }
  }
  return reason;
}
