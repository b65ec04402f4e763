import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dump, load } from "js-yaml";
import { checkout } from "../test/sandbox/ground/paths";
import { commandDirectory } from "../test/sandbox/toolchain/plugins";
import { Project, up, withProject } from "../test/support/project";
import type { Benchmark, Result } from "./benchmark";
import { megabytes, table } from "./benchmark-report";
import { registry } from "./builder";
import { phaseLengths, pluginStarts, previewPhases, providerCalls, withLog } from "./cli-phases";
import { type Memory, peakMemory } from "./memory";
import { interleave, median, ratioOfMedians, medians, milliseconds, sum, variant } from "./statistics";

const rounds = 11;
/** More rounds, which sample the memory or keep the CLI's log: both cost time. */
const [memoryRounds, logged] = [5, 5];

const whosePlugins = () =>
  existsSync(join(commandDirectory, "pulumi-language-nodejs"))
    ? "The language host was a stand-in, and so was the Docker provider if it could not be downloaded."
    : "The language host was Pulumi's own.";

const preview = ["preview", "--expect-no-changes", "--non-interactive"] as const;

interface PulumiYaml {
  readonly name: string;
  readonly main: string;
  readonly runtime: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
}

const pulumiYaml = (directory: string) => load(readFileSync(join(directory, "Pulumi.yaml"), "utf8")) as PulumiYaml;

/** A program that does nothing, with the packages of this project and run as its program is run. */
function writeEmptyProgram(directory: string): void {
  const { main, runtime } = pulumiYaml(checkout);
  writeFileSync(join(directory, "Pulumi.yaml"), dump({ name: "empty", main, runtime }));
  mkdirSync(join(directory, dirname(main)));
  writeFileSync(join(directory, main), "export {};\n");
  // The packages, and what the runtime options name.
  for (const name of ["node_modules", "loader"]) {
    symlinkSync(join(checkout, name), join(directory, name));
  }
}

/**
 * A program that does nothing, run as one of `pulumi new typescript`: by ts-node. That checks the types at the first run,
 * and then has the compiled program in its cache.
 */
function writeNewProgram(directory: string): void {
  const compilerOptions = { strict: true, target: "es2020", module: "node16", moduleResolution: "node16" };
  writeFileSync(join(directory, "Pulumi.yaml"), dump({ name: "new", runtime: "nodejs" }));
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "new", main: "index.ts" }));
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
  writeFileSync(join(directory, "index.ts"), 'import * as pulumi from "@pulumi/pulumi";\n');
  // With all packages of this project, Pulumi's own language host would look for the plugins of all.
  for (const name of ["@pulumi/pulumi", "@types/node", "typescript"]) {
    const link = join(directory, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(checkout, "node_modules", name), link);
  }
}

/** Gives `work` a deployed stack of the program that `write` writes. */
async function withProgram<Found>(
  name: string,
  write: (directory: string) => void,
  env: NodeJS.ProcessEnv,
  work: (project: Project) => Promise<Found>,
): Promise<Found> {
  const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
  const project = new Project(directory, name, env);
  write(directory);
  try {
    await project.pulumi("stack", "init", "--no-select");
    try {
      await project.pulumi(...up);
      return await work(project);
    } finally {
      await project.pulumi("destroy", "--yes", "--skip-preview");
      await project.pulumi("stack", "rm", "--yes");
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Breakdown {
  readonly phases: ReadonlyMap<string, number>;
  readonly plugins: ReadonlyMap<string, number>;
  readonly calls: { readonly count: number; readonly total: number };
  readonly modules: ReadonlyMap<string, number>;
}

/** Runs a preview that says when it does what. */
async function breakDown(project: Project): Promise<Breakdown> {
  const file = join(project.cwd, "module-times.json");
  const command = await withLog(project, preview, { MODULE_TIMES: file });
  return {
    phases: phaseLengths(previewPhases, command),
    plugins: pluginStarts(command.log),
    calls: providerCalls(command.log),
    modules: new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, number>)),
  };
}

/** Has the program's process say how long its modules take to load. */
function watchModules({ cwd }: Project): void {
  const project = pulumiYaml(cwd);
  // Linked, because the language host splits `nodeargs` at spaces, and this checkout's path may have one.
  symlinkSync(join(__dirname, "module-times.ts"), join(cwd, "module-times.ts"));
  const nodeargs = `${String(project.runtime.options["nodeargs"])} --require=../module-times.ts`;
  const runtime = { ...project.runtime, options: { ...project.runtime.options, nodeargs } };
  writeFileSync(join(cwd, "Pulumi.yaml"), dump({ ...project, runtime }));
}

const ms = (value: number) => `${value.toFixed(0)} ms`;

/** Each program's peak of memory, the largest first. */
function programs(samples: readonly Memory[]): string {
  return [...medians(samples.map((sample) => sample.programs))]
    .sort(([, a], [, b]) => b - a)
    .map(([name, size]) => `${name} ${megabytes(size)}`)
    .join(", ");
}

/** A table of medians, with a last line that sums them up. */
function comparison(what: string, empty: Map<string, number>, deployed: Map<string, number>): string {
  const names = [...deployed.keys()];
  const line = (name: string, a: number, b: number) => [name, ms(a), ms(b), ms(b - a)];
  return table(
    [what, "empty program", "deployed stack", "more"],
    [
      ...names.map((name) => line(name, empty.get(name) ?? 0, deployed.get(name) ?? 0)),
      line("sum", sum(empty.values()), sum(deployed.values())),
    ],
  );
}

async function compare(project: Project, emptyProject: Project, newProject: Project): Promise<Result> {
  const deployed = variant("deployed stack", () => milliseconds(() => project.pulumi(...preview)));
  const empty = variant("empty program", () => milliseconds(() => emptyProject.pulumi(...preview)));
  const asNew = variant("empty program, as pulumi new makes it", () =>
    milliseconds(() => newProject.pulumi(...preview)),
  );
  await interleave([deployed, empty, asNew], rounds);

  const deployedMemory = variant("deployed stack", () => peakMemory(() => project.pulumi(...preview)));
  const emptyMemory = variant("empty program", () => peakMemory(() => emptyProject.pulumi(...preview)));
  await interleave([deployedMemory, emptyMemory], memoryRounds);
  const totals = ({ samples }: typeof emptyMemory) => samples.map(({ total }) => total);

  [project, emptyProject].forEach(watchModules);
  const deployedLogs = variant("deployed stack", () => breakDown(project));
  const emptyLogs = variant("empty program", () => breakDown(emptyProject));
  await interleave([deployedLogs, emptyLogs], logged);
  const of = (logs: typeof emptyLogs, part: "phases" | "plugins" | "modules") =>
    medians(logs.samples.map((sample) => sample[part]));

  const phases = of(deployedLogs, "phases");
  const plugins = of(deployedLogs, "plugins");
  const starts = [...plugins].map(([name, length]) => `${name} ${ms(length)}`);
  const count = deployedLogs.samples[0]?.calls.count ?? 0;
  const calls = median(deployedLogs.samples.map((sample) => sample.calls.total));
  const emptyTime = sum(of(emptyLogs, "phases").values());
  return {
    targets: [
      {
        what: "preview without changes ÷ preview of an empty program",
        ratio: ratioOfMedians(deployed.samples, empty.samples),
        limit: 1.35,
        limits: "at most",
      },
      {
        what: "preview without changes ÷ preview of an empty program as pulumi new makes it",
        ratio: ratioOfMedians(deployed.samples, asNew.samples),
        limit: 1.35,
        limits: "at most",
      },
      {
        what: "memory of a preview ÷ memory of an empty program's",
        ratio: ratioOfMedians(totals(deployedMemory), totals(emptyMemory)),
        limit: 1.3,
        limits: "at most",
      },
    ],
    body: [
      `Three stacks that are deployed and unchanged: the one of this repository, one of a program that does nothing, ` +
        `with the same runtime options and \`node_modules\`, and one of a program that does nothing, as \`pulumi new ` +
        `typescript\` makes it. ts-node runs that one, and has it compiled in its cache: no round checks types. ` +
        `${rounds} rounds of \`pulumi preview\`; medians. ${whosePlugins()}`,
      table(
        ["preview", "time"],
        [deployed, empty, asNew].map(({ name, samples }) => [name, ms(median(samples))]),
      ),
      `The memory of all processes of a preview at its peak, over ${memoryRounds} more rounds:`,
      table(
        ["preview", "memory"],
        [deployedMemory, emptyMemory].map((each) => [each.name, megabytes(median(totals(each)))]),
      ),
      `Of the deployed stack's, each program at its own peak: ${programs(deployedMemory.samples)}.`,
      `Where the time goes, from the timestamps of the CLI's log (\`--logtostderr -v=9\`, which costs time of its own) ` +
        `over ${logged} more rounds:`,
      comparison("phase", of(emptyLogs, "phases"), phases),
      `In the phase of the program: plugin starts (${starts.join(", ")}) and ${count} provider ` +
        `calls (${ms(calls)} in all; some overlap). A program that took no time would still have these: with the log on, a ` +
        `ratio of up to ${((emptyTime + sum(plugins.values()) + calls) / emptyTime).toFixed(2)}.`,
      `Inside the program's process, loading the modules of each package and of what it requires:`,
      comparison("package", of(emptyLogs, "modules"), of(deployedLogs, "modules")),
    ].join("\n\n"),
    plots: [
      {
        name: "preview",
        title: "Preview without changes (ms, less is better)",
        bars: [deployed, empty, asNew].map(({ name, samples }) => ({
          label: name,
          value: median(samples),
          text: ms(median(samples)),
          own: name === deployed.name,
        })),
      },
      {
        name: "preview-phases",
        title: "Where the time of a preview of the deployed stack goes (ms)",
        bars: [...phases].map(([label, value]) => ({ label, value, text: ms(value), own: true })),
      },
    ],
  };
}

/** How much the program adds to the least that a preview takes. */
export const previewBenchmark: Benchmark = {
  title: "A preview without changes",
  run: (env) =>
    withProject("bench-preview", env, { registry: { url: `${registry}/bench` } }, async (project) => {
      await project.pulumi(...up);
      return await withProgram("bench-empty", writeEmptyProgram, env, (empty) =>
        withProgram("bench-new", writeNewProgram, env, (asNew) => compare(project, empty, asNew)),
      );
    }),
};
