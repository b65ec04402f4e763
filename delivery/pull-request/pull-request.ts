import { Failure } from "../../common";
import { type Outcome, release, type ReleaseArgs } from "../release";
import { type SmokeTiming, untilAnswers } from "../rollout";
import type { Run } from "../run";
import { asOwner, destroy, findTags, removeStack, withLock } from "../stack";
import { pullRequestStack, readEnvironment } from "./environment";
import { removeNamespace } from "./environment-namespaces";
import { runOnClose } from "./on-close";

/** An environment of a pull request. */
interface PullRequestArgs extends Omit<ReleaseArgs, "stack" | "make" | "inOrder"> {
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
  const outcome = await release({ ...args, stack, make: true, inOrder: false }, run, timing);
  if (outcome.kind === "released" && outcome.exposed !== undefined) {
    await untilAnswers(outcome.exposed, timing);
  }
  return outcome;
}

/** An environment that is to be removed. */
interface CloseArgs {
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
  const tags = await findTags(run, stack);
  await runOnClose(environment, context, run);
  if (tags !== undefined) {
    const { status } = await asOwner(run, stack, () => withLock(run, stack, tags, () => destroy(run, stack)));
    if (status !== 0) {
      throw new Failure(`the environment ${stack} could not be removed: pulumi destroy ended with ${status}`);
    }
  }
  await removeNamespace(environment, context, run);
  if (tags !== undefined) {
    await removeStack(run, stack);
  }
}
