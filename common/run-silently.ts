import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { tooSlow } from "./preflight";

/** How a program ended and what it wrote. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What {@link runSilently} takes beside the command. */
interface SilentOptions {
  /** What the program reads, nothing by default. */
  readonly input?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds that the program may take. A login may wait for a person, who unlocks a keychain. */
  readonly patience?: number;
}

/**
 * Runs a program that must not wait for an answer for ever: nobody would see its question below Pulumi. It has no terminal,
 * and its time is limited.
 *
 * @throws Error if the program takes too long, or with the code ENOENT if it isn't on PATH.
 */
export async function runSilently(
  file: string,
  args: readonly string[],
  { input = "", environment = process.env, patience = 60_000 }: SilentOptions = {},
): Promise<Ended> {
  // A process group of its own has no terminal to ask on, and is ended with all that it has started.
  const child = spawn(file, args, { env: environment, detached: true });
  const group = child.pid;
  const kill = () => group !== undefined && process.kill(-group, "SIGKILL");
  const timeout = AbortSignal.timeout(patience);
  timeout.addEventListener("abort", kill);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on("error", reject).on("close", resolve);
    });
    // A program may end without having read its input.
    child.stdin.on("error", () => undefined).end(input);
    const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (timeout.aborted) {
      throw new Error(tooSlow(patience));
    }
    // A program that a signal ended has no status. It hasn't succeeded.
    return { status: status ?? 1, stdout, stderr };
  } finally {
    timeout.removeEventListener("abort", kill);
  }
}
