import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process, told from a later one with the same number by when it started. */
export interface Process {
  readonly pid: number;
  /** Clock ticks since boot (proc(5), stat, field 22), or the time on systems other than Linux. */
  readonly started: string;
}

/** The running process of that number; a zombie has ended. */
export function findProcess(pid: number): Process | undefined {
  try {
    if (process.platform !== "linux") {
      const ps = ["-o", "stat=,lstart=", "-p", String(pid)];
      const [state = "", ...time] = execFileSync("ps", ps, { encoding: "utf8", stdio: "pipe" }).trim().split(/\s+/);
      return state.startsWith("Z") || time.length === 0 ? undefined : { pid, started: time.join("-") };
    }
    // The name, in parentheses, may hold anything; the state is what follows it.
    const [state, ...fields] = readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const started = fields[18];
    return started === undefined || state === "Z" ? undefined : { pid, started };
  } catch {
    return undefined;
  }
}

/** Whether it still runs. */
export function isRunning({ pid, started }: Process): boolean {
  return findProcess(pid)?.started === started;
}

/** Remembers a process in a file. */
export const formatProcess = ({ pid, started }: Process): string => `${String(pid)} ${started}\n`;

/** The process that a file remembers, if it still runs. */
export function readProcess(file: string): Process | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const [pid, started] = text.trim().split(" ");
  const process = { pid: Number(pid), started: started ?? "" };
  return isRunning(process) ? process : undefined;
}

/** The numbers of the processes whose cgroup's path has this part, a container's id for example. */
export function processesInCgroup(part: string): number[] {
  const cgroupsOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cgroup`, "utf8");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && cgroupsOf(entry).includes(part))
    .map(Number);
}
