import type { Command, Result, Run, RunOptions } from "../../../delivery/run";

/** What a fake command does: what it prints, and its exit status where that isn't 0. */
export type Answer = string | Partial<Result>;

/** A {@link Run} that starts nothing: `answer` says what each command does. */
export function fakeRun(answer: (text: string, command: Command, options: RunOptions) => Answer | undefined): Run {
  // Whether these tests run in a workflow's job must make no difference to what they test.
  delete process.env["GITHUB_ACTIONS"];
  return (command, options = {}) => {
    const given = answer(command.join(" "), command, options) ?? "";
    return Promise.resolve({
      status: 0,
      stdout: "",
      stderr: "",
      ...(typeof given === "string" ? { stdout: given } : given),
    });
  };
}

/** How Pulumi answers about a stack that isn't there. */
export const noSuchStack: Answer = { status: 6, stderr: "error: no stack named 'pr-12' found" };
