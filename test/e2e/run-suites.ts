import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isUp } from "../sandbox/machine";
import { checkout } from "../sandbox/paths";
import { succeed } from "./execute";
import { npm } from "./sandbox";

const suffix = ".e2e.ts";
const suites = readdirSync(__dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .sort();

/** Suites that measure, load or change what all of them share. Beside one of these no other runs. */
const alone = ["autoscaler", "expose", "faults", "network-policies", "rollout", "start"];

const help = `npm run e2e [-- suite…]

Runs end-to-end suites in the sandbox, all of them by default: ${suites.join(", ")}.
Those that don't need the sandbox for themselves run first, two at a time. A suite's output comes when it has ended.
A sandbox that was down is down again afterwards.
`;

/** Runs a command whose output the user sees, and returns its exit status. */
async function foreground([file, ...args]: [string, ...string[]]): Promise<number> {
  const child = spawn(file, args, { cwd: checkout, stdio: "inherit" });
  const [status] = (await once(child, "close")) as [number | null];
  return status ?? 1;
}

async function runSuites(names: readonly string[], concurrency: number): Promise<number> {
  const files = names.map((name) => join(__dirname, name + suffix));
  const flags = ["--test", `--test-concurrency=${String(concurrency)}`, "--test-reporter=spec"];
  return files.length === 0 ? 0 : foreground([process.execPath, "--require", "tsx/cjs", ...flags, ...files]);
}

async function main(names: string[]): Promise<number> {
  if (names.some((name) => ["--help", "-h"].includes(name))) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = names.filter((name) => !suites.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`error: no suite is called ${unknown.join(", ")}\n\n${help}`);
    return 2;
  }
  const wasUp = isUp();
  const chosen = names.length > 0 ? names : suites;
  const sharing = chosen.filter((name) => !alone.includes(name));
  const others = chosen.filter((name) => alone.includes(name));
  try {
    // Here, where its progress shows: the first time takes minutes.
    const up = await foreground(npm("sandbox", "--", "true"));
    if (up !== 0) {
      return up;
    }
    return Math.max(await runSuites(sharing, 2), await runSuites(others, 1));
  } finally {
    // A start that failed, such as one without root, has left nothing to stop.
    if (!wasUp && isUp()) {
      await succeed(npm("sandbox:down"), { cwd: checkout });
    }
  }
}

void main(process.argv.slice(2)).then((status) => (process.exitCode = status));
