import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { firstNode, secondNode } from "../../sandbox/network/cluster-node";
import { inAddedNode } from "../../sandbox/standalone/added-node";
import { inNode } from "../../sandbox/standalone/machine";
import type { Project } from "../../support/project";
import { load, type LoadReport, type Target } from "./load";

/** Milliseconds of load before and after what is tried. */
const margin = 2000;

/** Where requests come from. */
const sources = [
  { node: firstNode.name, enter: inNode },
  { node: secondNode.name, enter: (argv: readonly string[]) => inAddedNode(secondNode, argv) },
];

/** The sources, over both kinds of connections: every combination at once. */
const loads = sources.flatMap((from) => [true, false].map((keepAlive) => ({ ...from, keepAlive })));

/** Waits until the Service answers from both nodes. */
export async function answersFromBoth(project: Project, service: string): Promise<void> {
  for (const { enter } of sources) {
    await project.request(service, "/", enter);
  }
}

/** What came of the loads: how many requests there were, how many failed, and why. */
export interface Outcome {
  readonly requests: number;
  readonly failed: number;
  /** How many loads there were at once. */
  readonly loads: number;
  /** Each kind of failure, once. */
  readonly errors: readonly string[];
  /** A line for people: the figures of each load, and how long all of it took. */
  readonly summary: string;
}

/**
 * Runs `work` while both nodes send requests to the Service, with kept-alive connections and without, and returns what
 * came of them. No request is sent again.
 *
 * @param target Where requests go in place of the Service.
 */
export async function underLoad(
  project: Project,
  service: string,
  work: () => Promise<void>,
  target?: Target,
): Promise<Outcome> {
  const started = performance.now();
  const running = await Promise.all(
    loads.map(({ keepAlive, enter }) => load(project, service, keepAlive, { enter, ...(target && { target }) })),
  );
  let failure: unknown;
  try {
    await sleep(margin);
    await work();
    await sleep(margin);
  } catch (error) {
    failure = error;
  }
  const reports = await Promise.all(running.map((each) => each.end()));
  if (failure !== undefined) {
    throw failure as Error;
  }
  return outcome(reports, (performance.now() - started) / 1000);
}

function outcome(reports: readonly LoadReport[], seconds: number): Outcome {
  const sum = (count: (report: LoadReport) => number) => reports.reduce((total, report) => total + count(report), 0);
  const parts = reports.map((report, index) => {
    const { node, keepAlive } = loads[index] ?? {};
    return `${String(report.requests)} from ${String(node)} ${keepAlive ? "with" : "without"} keep-alive, ${String(report.failed)} failed`;
  });
  const [requests, failed] = [sum((report) => report.requests), sum((report) => report.failed)];
  return {
    requests,
    failed,
    loads: loads.length,
    errors: [...new Set(reports.flatMap(({ errors }) => errors))],
    summary: `${String(requests)} requests in ${seconds.toFixed(0)} s, ${String(failed)} failed (${parts.join("; ")})`,
  };
}

/** Asserts that every request got its answer. */
export function assertNoneFailed({ requests, failed, errors }: Outcome): void {
  assert.deepEqual({ failed, errors }, { failed: 0, errors: [] });
  assert.ok(requests > 0);
}
