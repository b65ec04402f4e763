import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeed } from "../test/support/execute";
import { type Project, up, withProject } from "../test/support/project";
import type { Benchmark, Result } from "./benchmark";
import { seconds, table } from "./benchmark-report";
import { app, platforms, registry } from "./builder";
import { buildingUpPhases, firstUpPhases, type Phases, phaseLengths, withLog } from "./cli-phases";
import { edit } from "./edit";
import { installTool } from "./go-tool";
import { configureKo, ko, pushBase } from "./ko";
import { objectsOf } from "./peer-objects";
import { interleave, median, ratioOfMedians, medians, milliseconds, sum, type Variant, variant } from "./statistics";

const rounds = 5;
/** More rounds, which keep the CLI's log: that costs time. */
const logged = 3;
const config = { registry: { url: `${registry}/bench` } };

function compared(when: string, what: string, limit: number, own: Variant<number>, peer: Variant<number>) {
  const ratio = ratioOfMedians(own.samples, peer.samples);
  return {
    target: { what, ratio, limit, limits: "at most" as const },
    table: table(
      [when, "time"],
      [own, peer].map(({ name, samples }) => [name, seconds(median(samples))]),
    ),
  };
}

/** The phases of `pulumi up`, each time after `prepare`, as lines of a table. */
async function phasesOf(project: Project, phases: Phases, prepare: () => unknown): Promise<string[][]> {
  const runs: Map<string, number>[] = [];
  for (let round = 0; round < logged; round++) {
    await prepare();
    runs.push(phaseLengths(phases, await withLog(project, up)));
  }
  const lengths = medians(runs);
  return [...lengths, ["sum", sum(lengths.values())] as const].map(([name, length]) => [name, seconds(length)]);
}

async function compare(project: Project, directory: string, env: NodeJS.ProcessEnv): Promise<Result> {
  const namespace = "bench-peer";
  const { image, service } = await project.up();
  const manifest = join(directory, "objects.json");
  writeFileSync(manifest, await objectsOf(project, namespace));
  const kubectl = (...args: string[]) => succeed(["kubectl", "--namespace", namespace, ...args], { env });
  const rolledOut = () => kubectl("rollout", "status", `deployment/${service}`, "--timeout=180s");
  const remove = () => kubectl("delete", "namespace", namespace, "--ignore-not-found");
  const destroy = () => project.pulumi("destroy", "--yes", "--skip-preview");
  try {
    project.configure({ ...config, image });
    const first = variant("pulumi up, image given", async () => {
      await destroy();
      return await milliseconds(() => project.pulumi(...up));
    });
    const apply = variant("kubectl apply, rollout status", async () => {
      await remove();
      return await milliseconds(async () => {
        await kubectl("apply", "--server-side", `--filename=${manifest}`);
        await rolledOut();
      });
    });
    await interleave([first, apply], rounds);
    const firstPhases = await phasesOf(project, firstUpPhases, destroy);

    project.configure(config);
    const editOwn = () => edit(join(project.cwd, "app"));
    const own = variant("pulumi up", async () => {
      editOwn();
      return await milliseconds(() => project.pulumi(...up));
    });
    const koFile = await installTool(ko, env);
    const base = await pushBase(join(directory, "base"), env);
    const source = join(directory, "ko");
    cpSync(app, source, { recursive: true });
    writeFileSync(manifest, (await objectsOf(project, namespace)).replaceAll(image, "ko://ping"));
    const koApply = variant(`ko ${ko.version} apply, rollout status`, async () => {
      configureKo(source, base, edit(source));
      const koEnv = { ...env, CGO_ENABLED: "0", KO_DOCKER_REPO: `${registry}/bench/ko`, SOURCE_DATE_EPOCH: "0" };
      const options = ["--bare", "--sbom=none", `--platform=${platforms.join(",")}`, `--filename=${manifest}`];
      return await milliseconds(async () => {
        await succeed([koFile, "apply", ...options], { cwd: source, env: koEnv });
        await rolledOut();
      });
    });
    await interleave([own, koApply], rounds);
    const ownPhases = await phasesOf(project, buildingUpPhases, editOwn);

    const created = compared(
      "the first time",
      "first up of a built image ÷ kubectl apply and rollout status",
      1.5,
      first,
      apply,
    );
    const edited = compared(
      "after an edit",
      "edit to new pods, pulumi up ÷ ko apply and rollout status",
      1.2,
      own,
      koApply,
    );
    return {
      targets: [created.target, edited.target],
      body: [
        `The same objects, two pods each, by the program and by kubectl, in turn; ${rounds} rounds, medians. For the second ` +
          "table, another line of `app/routes.go` is new each time, and both platforms are built and pushed.",
        created.table,
        edited.table,
        `Where the time of \`pulumi up\` goes, from the timestamps of the CLI's log (\`--logtostderr -v=9\`, which costs ` +
          `time of its own): medians of ${logged} more rounds. kubectl waits for the same pods. The startup probe asks once ` +
          `a second, so that a pod that just misses it gets ready a second later. The sum can therefore differ by a second ` +
          `from the time above.`,
        table(["the first time", "time"], firstPhases),
        table(["after an edit", "time"], ownPhases),
      ].join("\n\n"),
      plots: [
        {
          name: "deploy",
          title: "Until the pods serve (s, less is better)",
          bars: [first, apply, own, koApply].map(({ name, samples }) => ({
            label: name,
            value: median(samples),
            text: seconds(median(samples)),
            own: name.startsWith("pulumi"),
          })),
        },
      ],
    };
  } finally {
    await remove();
  }
}

/** How long it takes until pods run what is new. */
export const deployBenchmark: Benchmark = {
  title: "Until the pods serve",
  run: async (env) => {
    const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
    try {
      return await withProject("bench-deploy", env, config, (project) => compare(project, directory, env));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
