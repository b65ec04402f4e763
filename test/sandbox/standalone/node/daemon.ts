import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";

/** One long-running process of the sandbox. */
export interface Daemon {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Whether it runs inside a node's network namespace; the others share the machine's network. */
  readonly inNode: boolean;
}

/** Milliseconds before a daemon that ended is started again: the first time, and the longest. */
const [firstDelay, longestDelay] = [1000, 30_000];

/**
 * The delay after one of `delay` milliseconds, for a daemon that ran for `ran`: twice as long if it ended soon again. On a
 * slow machine the starts of daemons that fail would keep back the one that they need.
 */
export function nextDelay(delay: number, ran: number): number {
  return ran > 2 * longestDelay ? firstDelay : Math.min(2 * delay, longestDelay);
}

/** Keeps a daemon running, with its output in `<logs>/<name>.log`. */
export function supervise({ name, argv }: Omit<Daemon, "inNode">, logs: string): void {
  const log = openSync(join(logs, `${name}.log`), "a");
  let delay = firstDelay / 2;
  const start = () => {
    const [command, ...args] = argv;
    const started = performance.now();
    const child = spawn(command, args, { stdio: ["ignore", log, log] });
    child.on("error", (error) => {
      console.error(`${name}: ${error.message}`);
    });
    child.on("close", (code, signal) => {
      delay = nextDelay(delay, performance.now() - started);
      console.error(`${new Date().toISOString()} ${name} ended with ${signal ?? String(code)}: starting it again`);
      setTimeout(start, delay);
    });
  };
  start();
}
