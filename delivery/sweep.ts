import { readFileSync } from "node:fs";
import { Failure } from "../infra/base";
import { outputOf, type Run } from "./command";
import { environmentOf } from "./environment";
import type { GitHub } from "./github";
import { withLock } from "./lock";
import { stackNames } from "./pull-request";
import { readTags } from "./stack-tags";

/** An environment that is left over. */
export interface SweepArgs {
  /** The number of its request. */
  readonly number: number;
  /** The file that every such environment is configured with. */
  readonly template: string;
  /** The kubeconfig's context; its current one where left out. */
  readonly context?: string | undefined;
}

type Requests = Pick<GitHub, "openPullRequests">;

/**
 * The numbers of the environments whose pull requests aren't open. A request that conflicts with its base gets no run when it
 * closes, so nothing has removed its environment.
 */
export async function leftOver(run: Run, github: Requests): Promise<readonly number[]> {
  // The stacks first: the request of a stack that is made meanwhile isn't looked for.
  const names = await stackNames(run);
  const open = await github.openPullRequests();
  return names.flatMap((name) => {
    const number = Number(/^pr-([1-9]\d{0,14})$/.exec(name)?.[1] ?? Number.NaN);
    return Number.isNaN(number) || open.has(number) ? [] : [number];
  });
}

/**
 * Removes an environment, unless its request is open again: its namespace with all that is in it, and its stack. It runs nothing
 * that the stack's state names: a branch may have written the state, and this runs on `main`. A destroy starts the plugins and
 * the kubeconfig's commands that a state names.
 *
 * @returns Whether it was left over.
 */
export async function sweep({ number, template, context }: SweepArgs, run: Run, github: Requests): Promise<boolean> {
  if (!(await leftOver(run, github)).includes(number)) {
    return false;
  }
  const text = (path: string) => readFileSync(path, "utf8");
  const { stack, namespace } = environmentOf(String(number), text("Pulumi.yaml"), text(template));
  const chosen = context === undefined ? [] : ["--context", context];
  await outputOf(run, [
    ...(["kubectl", ...chosen, "delete", "namespace", namespace] as const),
    "--ignore-not-found",
    "--timeout=10m",
  ]);
  const remove = () => run(["pulumi", "stack", "rm", "--force", "--yes", "--stack", stack]);
  const { status, stderr } = await withLock(run, stack, await readTags(run, stack), remove);
  if (status !== 0) {
    throw new Failure(
      `the stack ${stack} could not be removed: pulumi stack rm ended with ${status}: ${stderr.trim()}`,
    );
  }
  return true;
}
