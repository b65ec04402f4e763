import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isUp } from "../sandbox/choose-ground";
import { checkout } from "../sandbox/ground/paths";
import { succeed } from "../support/execute";
import { npm } from "../support/npm";
import { schedule } from "./schedule";

const suffix = ".e2e.ts";

/** These come first and in this order, since a run may have no time for all. The long ones come before short ones. */
const mostTelling = [
  "deploy",
  "bad-input",
  "rollout",
  "faults",
  "delivery",
  "ecr",
  "secrets",
  "provenance",
  "manifests",
];

/** Suites that measure, load or change what all of them share. Beside one of these no other runs. */
const alone = ["autoscaler", "expose", "faults", "network-policies", "pull-requests", "rollout", "start"];

/** Suites that aren't alone come before those that are: each change between the two waits for what runs. */
const rank = (suite: string) =>
  mostTelling.includes(suite) ? mostTelling.indexOf(suite) : mostTelling.length + Number(alone.includes(suite));

/** Suites that run by name alone: they build what most machines have. */
const byName = ["docker"];

const suites = readdirSync(__dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .sort((one, other) => rank(one) - rank(other));

/** How many minutes after the start of `.ci/run`, which may take 90, a suite may still begin. */
const minutes = 70;

/** Minutes until a suite is ended that doesn't end by itself. The longest takes 10, on a machine with other work 20. */
const longest = 40;

/** Chooses the ground of a sandbox that is brought up here. */
const withoutDocker = "--without-docker";

const help = `npm run e2e [-- [${withoutDocker}] suite…]

Runs end-to-end suites in the sandbox, all of them but ${byName.join(", ")} by default: ${suites.join(", ")}.
Two run at a time, but for those that need the sandbox for themselves: ${alone.join(", ")}.
A suite's output comes when it has ended.
A sandbox that was down is down again afterwards. It comes up in Docker where a daemon answers, or without (${withoutDocker}).
`;

/** Runs a command whose output the user sees, and returns its exit status. */
async function foreground([file, ...args]: [string, ...string[]]): Promise<number> {
  const child = spawn(file, args, { cwd: checkout, stdio: "inherit" });
  const [status] = (await once(child, "close")) as [number | null];
  return status ?? 1;
}

/** Runs a suite, shows its output when it has ended, and returns its exit status. */
async function runSuite(name: string): Promise<number> {
  const args = ["--require", "./loader", "--test", "--test-reporter=spec", join(__dirname, name + suffix)];
  const child = spawn(process.execPath, args, {
    cwd: checkout,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: longest * 60_000,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [status] = (await once(child, "close")) as [number | null];
  process.stdout.write(child.killed ? `${output}the suite ${name} was ended after ${longest} minutes\n` : output);
  return status ?? 1;
}

/** Runs suites, shows which ones had no time to begin, and returns the highest exit status. */
async function runSuites(names: readonly string[]): Promise<number> {
  const began = Number(process.env["CI_BEGAN"] ?? "Infinity") * 1000;
  let worst = 0;
  const late = await schedule(names, {
    alone,
    mayBegin: () => Date.now() < began + minutes * 60_000,
    run: async (name) => {
      worst = Math.max(worst, await runSuite(name));
    },
  });
  for (const name of late) {
    process.stdout.write(
      `skipped: the suite ${name} had not begun when ${String(minutes)} minutes of the run had passed\n`,
    );
  }
  // As node:test counts, for .ci/run to add.
  process.stdout.write(late.length > 0 ? `ℹ skipped ${String(late.length)}\n` : "");
  return worst;
}

async function main(args: string[]): Promise<number> {
  const names = args.filter((arg) => arg !== withoutDocker);
  if (names.some((name) => ["--help", "-h"].includes(name))) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = names.filter((name) => !suites.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`error: no suite is called ${unknown.join(", ")}\n\n${help}`);
    return 2;
  }
  const wasUp = await isUp();
  try {
    // Here, where its progress shows: the first time takes minutes.
    const up = await foreground(npm("sandbox", "--", ...args.filter((arg) => arg === withoutDocker), "true"));
    if (up !== 0) {
      return up;
    }
    const chosen = (suite: string) => (names.length > 0 ? names.includes(suite) : !byName.includes(suite));
    return await runSuites(suites.filter(chosen));
  } finally {
    // A start that failed, such as one without root, has left nothing to stop.
    if (!wasUp && (await isUp())) {
      await succeed(npm("sandbox:down"), { cwd: checkout });
    }
  }
}

void main(process.argv.slice(2)).then((status) => (process.exitCode = status));
