import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Failure } from "../infra/base";

/** A command and its arguments. */
export type Command = readonly [string, ...string[]];

/** How a command ended and what it wrote to its standard output. */
export interface Result {
  readonly status: number;
  readonly stdout: string;
}

/** Runs a command to its end. What it says to the user is shown as it comes: its errors, and with `show` all of it. */
export type Run = (command: Command, options?: { readonly show?: boolean }) => Promise<Result>;

/** {@link Run} for real: in this directory, with this environment. */
export const run: Run = async ([file, ...args], { show = false } = {}) => {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (show) {
    child.stdout.on("data", (chunk: Buffer) => process.stderr.write(chunk));
  }
  const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
  // Ended by a signal, it hasn't succeeded.
  return { status: status ?? 1, stdout };
};

/** What a command wrote. @throws Failure where it doesn't succeed. */
export async function outputOf(runner: Run, command: Command): Promise<string> {
  const { status, stdout } = await runner(command);
  if (status !== 0) {
    throw new Failure(`${command.join(" ")} ended with ${status}`);
  }
  return stdout;
}
