import { z } from "zod";
import { Failure } from "../infra/base";
import { outputOf, type Run } from "./command";
import { pullRequestStack } from "./environment";
import { asOwner, withLock } from "./lock";
import { untilAnswers } from "./public-url";
import { type Outcome, release, type ReleaseArgs } from "./release";
import type { SmokeTiming } from "./smoke";
import { readTags } from "./stack-tags";

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

/** Removes the environment of a pull request with all that it deployed. One that isn't there is no error. */
export async function closeEnvironment(number: string, run: Run): Promise<void> {
  const stack = pullRequestStack(number);
  if (!(await stackNames(run)).includes(stack)) {
    return;
  }
  const destroy = ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", stack] as const;
  const tags = await readTags(run, stack);
  const { status } = await asOwner(run, stack, () => withLock(run, stack, tags, () => run(destroy, { show: true })));
  if (status !== 0) {
    throw new Failure(`the environment ${stack} could not be removed: pulumi destroy ended with ${status}`);
  }
  await outputOf(run, ["pulumi", "stack", "rm", "--yes", "--stack", stack]);
}

/** The names of all stacks of this project. */
export async function stackNames(run: Run): Promise<readonly string[]> {
  const listed = await outputOf(run, ["pulumi", "stack", "ls", "--json"]);
  const stacks = z.array(z.object({ name: z.string() })).parse(JSON.parse(listed));
  return stacks.map(({ name }) => name);
}
