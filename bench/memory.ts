import { readdirSync, readFileSync } from "node:fs";
import { sum } from "./statistics";

/** Peaks of memory, in bytes. A page that several processes map is divided among them (PSS). */
export interface Memory {
  /** Of all processes at one time. */
  readonly total: number;
  /** Name of a program → of its processes at one time. */
  readonly programs: ReadonlyMap<string, number>;
}

/** Milliseconds between two samples. A sample itself costs a few. */
const interval = 100;

/** What a file of a process says, or nothing: it may have ended in the meantime. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code))) {
      return "";
    }
    throw error;
  }
}

/** The processes that a process has started, and that those have, and so on. */
function descendants(ancestor: number): string[] {
  const children = new Map<string, string[]>();
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    // The name before the parent's number may hold spaces and parentheses.
    const parent = /.*\) \S (\d+)/s.exec(read(pid, "stat"))?.[1] ?? "";
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid: string): string[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(String(ancestor));
}

/** Name of a program → bytes that its processes hold now, out of those that this process has started. */
function memoryByProgram(): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const pid of descendants(process.pid)) {
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(read(pid, "smaps_rollup"))?.[1];
    const program = read(pid, "cmdline").split("\0")[0]?.split("/").at(-1);
    // A process that has ended has neither.
    if (kibibytes !== undefined && program) {
      sizes.set(program, (sizes.get(program) ?? 0) + Number(kibibytes) * 1024);
    }
  }
  return sizes;
}

/** Does the work, and returns how much memory the processes below this one held meanwhile. */
export async function peakMemory(work: () => Promise<unknown>): Promise<Memory> {
  const programs = new Map<string, number>();
  let total = 0;
  const timer = setInterval(() => {
    const sizes = memoryByProgram();
    total = Math.max(total, sum(sizes.values()));
    for (const [program, size] of sizes) {
      programs.set(program, Math.max(size, programs.get(program) ?? 0));
    }
  }, interval);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { total, programs };
}
