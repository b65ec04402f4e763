import { copyFileSync } from "node:fs";
import { z } from "zod";
import { Failure } from "../infra/base";
import { outputOf, type Run } from "./command";
import { pullRequestStack } from "./environment-name";
import { type Outcome, release, type ReleaseArgs } from "./release";
import type { SmokeTiming } from "./smoke";

/** An environment of a pull request. */
export interface PullRequestArgs extends Omit<ReleaseArgs, "stack"> {
  /** The request's number. */
  readonly number: string;
  /** The stack file that every such environment is configured with. */
  readonly template: string;
}

/** Makes the environment of a pull request, or brings it up to date. Its stack is `pr-<number>`. */
export async function openEnvironment(args: PullRequestArgs, run: Run, timing?: SmokeTiming): Promise<Outcome> {
  const stack = configure(args);
  if (!(await exists(stack, run))) {
    await outputOf(run, ["pulumi", "stack", "init", stack, "--no-select"]);
  }
  return release({ ...args, stack }, run, timing);
}

/** Removes the environment of a pull request with all that it deployed. One that isn't there is no error. */
export async function closeEnvironment(args: PullRequestArgs, run: Run): Promise<void> {
  const stack = configure(args);
  if (!(await exists(stack, run))) {
    return;
  }
  const destroy = ["destroy", "--yes", "--skip-preview", "--remove", "--stack", stack];
  const { status } = await run(["pulumi", ...destroy], { show: true });
  if (status !== 0) {
    throw new Failure(`the environment ${stack} could not be removed: pulumi destroy ended with ${status}`);
  }
}

/** Writes the stack's file and returns the stack's name. */
function configure({ number, template }: PullRequestArgs): string {
  const stack = pullRequestStack(number);
  copyFileSync(template, `Pulumi.${stack}.yaml`);
  return stack;
}

async function exists(stack: string, run: Run): Promise<boolean> {
  const stacks = z
    .array(z.object({ name: z.string() }))
    .parse(JSON.parse(await outputOf(run, ["pulumi", "stack", "ls", "--json"])));
  return stacks.some(({ name }) => name === stack);
}
