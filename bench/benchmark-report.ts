import { type Benchmark, isMet, type Result, type Skipped, type Target } from "./benchmark";

/** A Markdown table; all columns but the first are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map(line).join("\n");
}

/** Bytes in MB, as a table shows them. */
export const megabytes = (bytes: number, decimals = 0): string => `${(bytes / 1e6).toFixed(decimals)} MB`;

/** Milliseconds in seconds, as a table shows them. */
export const seconds = (milliseconds: number, decimals = 2): string => `${(milliseconds / 1000).toFixed(decimals)} s`;

/** Where a plot is, seen from the report. */
export const plotFile = (name: string): string => `benchmark-${name}.svg`;

const verdict = (target: Target) => (isMet(target) ? "met" : "**not met**");

function targetTable(targets: readonly Target[]): string {
  return table(
    ["ratio", "measured", "target", "verdict"],
    targets.map((target) => [
      target.what,
      target.ratio.toFixed(2),
      `${target.limits} ${target.limit}`,
      verdict(target),
    ]),
  );
}

/** The section of one benchmark. */
export function section({ title }: Benchmark, result: Result | Skipped): string {
  const heading = `## ${title}`;
  if ("skipped" in result) {
    return [heading, `Skipped: ${result.skipped}`].join("\n\n");
  }
  const plots = result.plots.map((plot) => `![${plot.title}](${plotFile(plot.name)})`);
  return [heading, targetTable(result.targets), ...plots, result.body].join("\n\n");
}

/** The whole report: what it was measured on, every target in one table, and a section for each benchmark. */
export function report(machine: string, results: readonly (readonly [Benchmark, Result | Skipped])[]): string {
  const targets = results.flatMap(([, result]) => ("skipped" in result ? [] : result.targets));
  return [
    "# Benchmarks",
    "Written by `npm run bench`. Compare ratios, not times: what a ratio compares was measured in one run, in turn. Where " +
      "there are rounds, a time is their median, and a ratio the quotient of two medians. No test asserts any of them.",
    machine,
    targetTable(targets),
    ...results.map(([benchmark, result]) => section(benchmark, result)),
  ].join("\n\n");
}
