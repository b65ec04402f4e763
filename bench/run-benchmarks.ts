import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatted } from "../docs/formatted";
import { isUp } from "../test/sandbox/choose-ground";
import { checkout } from "../test/sandbox/ground/paths";
import { succeed } from "../test/support/execute";
import { npm } from "../test/support/npm";
import { sandboxEnvironment } from "../test/support/sandbox-environment";
import type { Benchmark, Result, Skipped } from "./benchmark";
import { plotFile, report, section } from "./benchmark-report";
import { buildBenchmark } from "./build.bench";
import { barChart } from "./chart";
import { deployBenchmark } from "./deploy.bench";
import { foundBenchmark } from "./found.bench";
import { describeMachine } from "./machine-description";
import { previewBenchmark } from "./preview.bench";
import { revertBenchmark } from "./revert.bench";
import { scaleBenchmark } from "./scale.bench";
import { serveBenchmark } from "./serve.bench";
import { sizeBenchmark } from "./size.bench";
import { stacksBenchmark } from "./stacks.bench";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  preview: previewBenchmark,
  found: foundBenchmark,
  stacks: stacksBenchmark,
  build: buildBenchmark,
  deploy: deployBenchmark,
  revert: revertBenchmark,
  scale: scaleBenchmark,
  serve: serveBenchmark,
  size: sizeBenchmark,
};

const help = `npm run bench [-- benchmark…]

Runs the benchmarks in the sandbox: ${Object.keys(benchmarks).join(", ")}. By default all
of them, which takes 40 minutes: their table and plots then go to docs/. Those that are named only show what they find.
A sandbox that was down is down again afterwards. Keep the machine quiet meanwhile.
`;

const docs = join(checkout, "docs");

/** Replaces the report and its plots. */
async function write(machine: string, results: readonly (readonly [Benchmark, Result | Skipped])[]): Promise<void> {
  mkdirSync(docs, { recursive: true });
  for (const file of readdirSync(docs)) {
    if (/^benchmark-.*\.svg$/.test(file)) {
      rmSync(join(docs, file));
    }
  }
  for (const { name, title, bars } of results.flatMap(([, result]) => ("skipped" in result ? [] : result.plots))) {
    writeFileSync(join(docs, plotFile(name)), barChart(title, bars));
  }
  const file = join(docs, "benchmarks.md");
  writeFileSync(file, await formatted(file, report(machine, results)));
  process.stderr.write(`wrote ${file}\n`);
}

async function main(names: string[]): Promise<number> {
  if (names.some((name) => ["--help", "-h"].includes(name))) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = names.filter((name) => !(name in benchmarks));
  if (unknown.length > 0) {
    process.stderr.write(`error: no benchmark is called ${unknown.join(", ")}\n\n${help}`);
    return 2;
  }
  const wasUp = await isUp();
  const env = await sandboxEnvironment();
  try {
    const machine = await describeMachine(env);
    const results: (readonly [Benchmark, Result | Skipped])[] = [];
    for (const [name, benchmark] of Object.entries(benchmarks)) {
      if (names.length > 0 && !names.includes(name)) {
        continue;
      }
      process.stderr.write(`${name}…\n`);
      const result = await benchmark.run(env);
      process.stdout.write(`${section(benchmark, result)}\n\n`);
      results.push([benchmark, result]);
    }
    if (names.length === 0) {
      await write(machine, results);
    }
    return 0;
  } finally {
    if (!wasUp) {
      await succeed(npm("sandbox:down"), { cwd: checkout });
    }
  }
}

void main(process.argv.slice(2)).then((status) => (process.exitCode = status));
