import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inNode } from "../../sandbox/standalone/machine";
import { loadGenerator } from "../../sandbox/toolchain/binaries";
import { buildBinaries } from "../../sandbox/toolchain/build-binaries";
import type { Project } from "../../support/project";

/** What came of a load. */
export interface LoadReport {
  readonly requests: number;
  /** Requests that did not get the answer that they should. */
  readonly failed: number;
  /** Each kind of failure, once. */
  readonly errors: readonly string[];
}

/** Vegeta's own report, as far as it is looked at. */
interface VegetaReport {
  readonly requests: number;
  readonly errors: readonly string[];
  /** Answers by status code; 0 stands for none. */
  readonly status_codes: Readonly<Record<string, number>>;
}

/** A load that runs until it is told to end. */
export interface Load {
  end(): Promise<LoadReport>;
}

/** Where a load comes from, and how much it is. */
interface LoadOptions {
  /** Makes of a command one that runs on a node. */
  readonly enter: (argv: readonly string[]) => [string, ...string[]];
  /** Requests a second. */
  readonly perSecond: number;
  /** Where requests go. By default to the Service. */
  readonly target: Target;
}

/** A URL, and the flags with which vegeta gets there. */
export interface Target {
  readonly url: string;
  readonly flags: readonly string[];
}

/** Requests a second of each load, unless a suite says something else. */
export const rate = 100;

/**
 * Requests that a load has open at once, at most. A machine that stands still for some seconds would otherwise have the
 * load make up for it with thousands of connections, more than a pod's memory bears.
 */
const concurrency = 100;

/** The longest that a load goes on, in seconds, should nobody end it. */
const longest = 600;

let built: Promise<string[]> | undefined;

/** The load generator's file; it is built the first time. */
async function loadGeneratorFile(): Promise<string> {
  built ??= buildBinaries(new AbortController().signal, [loadGenerator]);
  const [directory = ""] = await built;
  return join(directory, "vegeta");
}

/**
 * What is sent over connections of its own, and over kept-alive ones. Vegeta tries nothing again, but Go's HTTP client does
 * by itself: a GET whose kept-alive connection breaks, which is just what a rollout must not do to it. It never sends a
 * POST twice (net/http, Request.isReplayable); the service has none at this path, and says so.
 */
const exchanges = {
  alone: { method: "GET", status: "200", error: undefined },
  keptAlive: { method: "POST", status: "404", error: "404 Not Found" },
} as const;

async function serviceTarget(project: Project, service: string): Promise<Target> {
  const { spec } = await project.get<{ spec: { clusterIP: string } }>("service", service);
  return { url: `http://${spec.clusterIP}/`, flags: [] };
}

/**
 * Sends requests to the Service from a node, the first unless `enter` leads to another, with connections kept alive or a
 * new one for each. Nothing is sent again.
 */
export async function load(
  project: Project,
  service: string,
  keepAlive: boolean,
  { enter = inNode, perSecond = rate, target }: Partial<LoadOptions> = {},
): Promise<Load> {
  const vegeta = await loadGeneratorFile();
  const { method, status, error } = exchanges[keepAlive ? "keptAlive" : "alone"];
  const { url, flags } = target ?? (await serviceTarget(project, service));
  const [file, ...args] = enter([
    ...[vegeta, "attack", `-rate=${String(perSecond)}`, `-duration=${String(longest)}s`],
    ...[`-max-workers=${String(concurrency)}`, `-keepalive=${String(keepAlive)}`],
    ...flags,
  ]);
  // In a process group of its own, whose signal reaches it through nsenter, which waits for it.
  const attack = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const report = spawn(vegeta, ["report", "-type=json"], { stdio: [attack.stdout, "pipe", "inherit"] });
  const output = text(report.stdout);
  attack.stdin.end(`${method} ${url}\n`);
  return {
    async end() {
      if (attack.pid !== undefined) {
        process.kill(-attack.pid, "SIGINT");
      }
      await once(report, "close");
      const { requests, errors, status_codes } = JSON.parse(await output) as VegetaReport;
      const failed = requests - (status_codes[status] ?? 0);
      return { requests, failed, errors: errors.filter((each) => each !== error) };
    },
  };
}
