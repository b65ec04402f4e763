import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How a command ended and all that it wrote. */
export interface Execution {
  /** As a shell tells it: 128 and the signal's number where one ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What {@link execute} takes beside the command itself. */
interface ExecuteOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Aborted: the command's whole process group gets SIGINT, as from Ctrl-C on a terminal. */
  readonly interrupt?: AbortSignal;
  /** Called with every piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command to its end, whatever its exit status. */
export function execute(argv: readonly [string, ...string[]], options: ExecuteOptions = {}): Promise<Execution> {
  const { interrupt, onOutput, ...rest } = options;
  const [file, ...args] = argv;
  const child = spawn(file, args, { ...rest, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    onOutput?.(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    onOutput?.(chunk);
  });
  interrupt?.addEventListener("abort", () => {
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGINT");
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, killedBy) => {
      const status = code ?? 128 + constants.signals[killedBy ?? "SIGKILL"];
      resolve({ status, stdout, stderr });
    });
  });
}

/**
 * Runs a command that is expected to succeed and returns its standard output.
 * @throws Error with all that it wrote, otherwise.
 */
export async function succeed(argv: readonly [string, ...string[]], options: ExecuteOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await execute(argv, options);
  if (status !== 0) {
    throw new Error(`${argv.join(" ")} ended with ${String(status)}\n${stdout}\n${stderr}`);
  }
  return stdout;
}
