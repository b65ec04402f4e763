import { readdirSync, readFileSync } from "node:fs";
import { daemons } from "../sandbox/standalone/control-plane/daemons";

/** The process of one of the sandbox's daemons, as the machine sees it. Its supervisor starts another when it ends. */
export function daemonPid(name: string): number {
  const daemon = daemons.find((each) => each.name === name);
  const pid = readdirSync("/proc").find((entry) => /^\d+$/.test(entry) && isRunning(entry, daemon?.argv));
  if (pid === undefined) {
    throw new Error(`the sandbox's ${name} doesn't run`);
  }
  return Number(pid);
}

/** The arguments hold paths and ports of this sandbox alone. */
function isRunning(pid: string, argv: readonly string[] = []): boolean {
  return read(`/proc/${pid}/cmdline`) === argv.map((argument) => `${argument}\0`).join("");
}

/** Ends a process and all that it has started, as the end of a container or a machine does: none can do anything more. */
export function killTree(pid: number): void {
  const children = read(`/proc/${String(pid)}/task/${String(pid)}/children`)
    .trim()
    .split(" ")
    .filter(Boolean);
  process.kill(pid, "SIGKILL");
  children.map(Number).forEach(killTree);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It has ended in the meantime.
    return "";
  }
}
