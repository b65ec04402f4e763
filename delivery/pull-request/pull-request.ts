import { z } from "zod";
import { Failure } from "../../common";
import { type Outcome, release, type ReleaseArgs } from "../release";
import { type SmokeTiming, untilAnswers } from "../rollout";
import { outputOf, type Run } from "../run";
import { asOwner, readTags, withLock } from "../stack";
import { pullRequestStack, readEnvironment } from "./environment";
import { removeNamespace } from "./environment-namespaces";
import { runOnClose } from "./on-close";

/** An environment of a pull request. */
export interface PullRequestArgs extends Omit<ReleaseArgs, "stack" | "inOrder"> {
  /** The request's number. */
  readonly number: string;
  /** The file of the commit that every such environment is configured with. */
  readonly template: string;
}

/**
 * Makes the environment of a pull request, or brings it up to date. Its stack is `pr-<number>`. Commits may come in any
 * order, because a request's branch may be rewritten. With `expose`, the service answers at its URL afterwards.
 *
 * @throws Failure where the release is good and its URL doesn't answer.
 */
export async function openEnvironment(args: PullRequestArgs, run: Run, timing?: SmokeTiming): Promise<Outcome> {
  const stack = pullRequestStack(args.number);
  if (!(await stackNames(run)).includes(stack)) {
    await outputOf(run, ["pulumi", "stack", "init", stack, "--no-select"]);
  }
  const outcome = await release({ ...args, stack, inOrder: false }, run, timing);
  if (outcome.kind === "released" && outcome.exposed !== undefined) {
    await untilAnswers(outcome.exposed, timing);
  }
  return outcome;
}

/** An environment that is to be removed. */
export interface CloseArgs {
  /** The request's number. */
  readonly number: string;
  /** The file that every such environment is configured with. */
  readonly template: string;
  /** The kubeconfig's context; its current one where left out. */
  readonly context?: string | undefined;
}

/**
 * Removes the environment of a pull request with all that it deployed, also what a killed update made and didn't record. One that
 * isn't there is no error. What its key `onClose` says comes first.
 */
export async function closeEnvironment({ number, template, context }: CloseArgs, run: Run): Promise<void> {
  const environment = readEnvironment(number, template);
  const { stack } = environment;
  const isThere = (await stackNames(run)).includes(stack);
  await runOnClose(environment, context, run);
  if (isThere) {
    const destroy = ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", stack] as const;
    const tags = await readTags(run, stack);
    const { status } = await asOwner(run, stack, () => withLock(run, stack, tags, () => run(destroy, { show: true })));
    if (status !== 0) {
      throw new Failure(`the environment ${stack} could not be removed: pulumi destroy ended with ${status}`);
    }
  }
  await removeNamespace(environment, context, run);
  if (isThere) {
    await outputOf(run, ["pulumi", "stack", "rm", "--yes", "--stack", stack]);
  }
}

/** The names of all stacks of this project. */
export async function stackNames(run: Run): Promise<readonly string[]> {
  return (await listStacks(run)).map(({ name }) => name);
}

const stacks = z.array(z.object({ name: z.string(), lastUpdate: z.string().optional() }));

/** All stacks of this project, each with the time of its last update; without one before the first. */
export async function listStacks(run: Run): Promise<z.infer<typeof stacks>> {
  return stacks.parse(JSON.parse(await outputOf(run, ["pulumi", "stack", "ls", "--json"])));
}
