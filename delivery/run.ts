import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { Failure, messageOf } from "../common";

/** A command and its arguments. */
export type Command = readonly [string, ...string[]];

/** How a command ended and what it wrote. */
export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how a command runs. */
export interface RunOptions {
  /** The command's directory; the current one by default. */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the user sees what the command writes, as it comes; not by default. */
  readonly show?: boolean;
  /**
   * Called with all that the command has written to its standard output so far, as often as that grows, until it returns a
   * promise. That one's result ends the command and stands for its own.
   */
  readonly until?: (stdout: string) => Promise<Result> | undefined;
}

/**
 * Runs a command to its end.
 * @throws Failure where the command can't be started, and where a signal interrupted this process meanwhile.
 */
export type Run = (command: Command, options?: RunOptions) => Promise<Result>;

const children = new Set<ChildProcess>();
let interruptedBy: NodeJS.Signals | undefined;

/**
 * Passes on the first SIGINT or SIGTERM, as SIGINT, and no later one. A cancelled job gets SIGINT and, 7.5 s later, SIGTERM.
 * Pulumi ends its update and unlocks the stack on the first signal, but leaves the lock on a second.
 */
function interrupt(signal: NodeJS.Signals): void {
  if (interruptedBy === undefined) {
    interruptedBy = signal;
    children.forEach((child) => child.kill("SIGINT"));
  }
}

/** {@link Run} for real. */
export const run: Run = async ([file, ...args], { cwd, env, show = false, until } = {}) => {
  if (children.size === 0) {
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  }
  // A group of its own: Ctrl-C on a terminal reaches all of a group, and so Pulumi would get two signals.
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.add(child);
  if (show) {
    child.stdout.on("data", (chunk: Buffer) => process.stderr.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => process.stderr.write(chunk));
  }
  const ended = resultOf(child, file);
  const result = await (until === undefined ? ended : Promise.race([ended, resultBefore(child, until)])).finally(() => {
    children.delete(child);
    if (children.size === 0) {
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    }
  });
  // Whatever came next would run on what the interrupted command left half done.
  if (interruptedBy !== undefined) {
    throw new Failure(`${interruptedBy} interrupted this while ${file} ran; the next run goes on from there`);
  }
  return result;
};

async function resultBefore(
  child: ChildProcessByStdio<null, Readable, Readable>,
  until: NonNullable<RunOptions["until"]>,
): Promise<Result> {
  const found = new Promise<Result>((resolve) => {
    let [stdout, isFound] = ["", false];
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      const result = isFound ? undefined : until(stdout);
      if (result !== undefined) {
        isFound = true;
        resolve(result);
      }
    });
  });
  return found.finally(() => child.kill());
}

async function resultOf(child: ChildProcessByStdio<null, Readable, Readable>, file: string): Promise<Result> {
  try {
    const ended = once(child, "close") as Promise<[number | null]>;
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    // A command that a signal ended has no status. It hasn't succeeded.
    return { status: status ?? 1, stdout, stderr };
  } catch (error) {
    throw new Failure(`${file} can't be run: ${messageOf(error)}`);
  }
}

/** What a command wrote to its standard output. @throws Failure, with what it wrote to the other, where it fails. */
export async function outputOf(run: Run, command: Command, options?: RunOptions): Promise<string> {
  return outputIn(await run(command, options), command);
}

/** What a command that has ended wrote to its standard output. @throws Failure as {@link outputOf} does. */
export function outputIn({ status, stdout, stderr }: Result, command: Command): string {
  if (status !== 0) {
    throw new Failure(`${command.join(" ")} ended with ${status}: ${stderr.trim()}`);
  }
  return stdout;
}
