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

/** Milliseconds before a daemon that ended is started again. */
const restartDelay = 1000;

/** Keeps a daemon running, with its output in `<logs>/<name>.log`. */
export function supervise({ name, argv }: Omit<Daemon, "inNode">, logs: string): void {
  const log = openSync(join(logs, `${name}.log`), "a");
  const start = () => {
    const [command, ...args] = argv;
    const child = spawn(command, args, { stdio: ["ignore", log, log] });
    child.on("error", (error) => {
      console.error(`${name}: ${error.message}`);
    });
    child.on("close", (code, signal) => {
      console.error(`${new Date().toISOString()} ${name} ended with ${signal ?? String(code)}: starting it again`);
      setTimeout(start, restartDelay);
    });
  };
  start();
}
