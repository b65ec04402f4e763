import { spawn, type SpawnOptions } from "node:child_process";
import { Failure } from "../../../common";

/** Lines of a failed command's output that its error shows. */
const shownLines = 30;

/** What {@link run} takes beside the command itself. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the command, and all that it started, when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command in a process group of its own and returns what it wrote to standard output.
 * @throws Failure with the last lines that it wrote, when it can't be started or ends with another status than 0.
 */
export function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const { signal, ...rest } = options;
  if (signal?.aborted) {
    return Promise.reject(signal.reason as Error);
  }
  const [file, ...args] = argv;
  const spawnOptions: SpawnOptions = { ...rest, detached: true, stdio: ["ignore", "pipe", "pipe"] };
  const child = spawn(file, args, spawnOptions);
  let output = "";
  let all = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    all += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => (all += chunk.toString()));
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGTERM");
    }
  };
  signal?.addEventListener("abort", end);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      reject(new Failure(`${file}: ${error.message}`));
    });
    child.on("close", (code, killedBy) => {
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) {
        reject(signal.reason as Error);
      } else if (code === 0) {
        resolve(output);
      } else {
        const tail = all.trimEnd().split("\n").slice(-shownLines).join("\n");
        reject(new Failure(`${argv.join(" ")} ended with ${killedBy ?? String(code)}:\n${tail}`));
      }
    });
  });
}
