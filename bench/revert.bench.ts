import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeed } from "../test/support/execute";
import { type Project, up, withProject } from "../test/support/project";
import type { Benchmark, Result } from "./benchmark";
import { megabytes, seconds, table } from "./benchmark-report";
import { type CountedRegistry, type Pulled, withCountedRegistry } from "./counted-registry";
import { edit } from "./edit";
import { objectsOf } from "./peer-objects";
import { interleave, median, milliseconds, ratioOfMedians, variant } from "./statistics";

const rounds = 5;
const namespace = "bench-revert-peer";

async function compare(project: Project, registry: CountedRegistry, manifest: string): Promise<Result> {
  const app = join(project.cwd, "app");
  const routes = join(app, "routes.go");
  const original = readFileSync(routes, "utf8");
  const { service } = await project.up();
  writeFileSync(manifest, await objectsOf(project, namespace));
  edit(app);
  const { image: edited } = await project.up();

  const kubectl = (...args: string[]) => succeed(["kubectl", "--namespace", namespace, ...args], project);
  const rolledOut = () => kubectl("rollout", "status", `deployment/${service}`, "--timeout=180s");
  const pulls: Pulled[] = [];
  try {
    await kubectl("apply", "--server-side", `--filename=${manifest}`);
    await rolledOut();
    const own = variant("pulumi up", async () => {
      edit(app);
      await project.up();
      writeFileSync(routes, original);
      let time = 0;
      const update = async () => (time = await milliseconds(() => project.pulumi(...up)));
      pulls.push(await registry.pulledBy(update));
      return time;
    });
    const undo = variant("kubectl rollout undo, rollout status", async () => {
      await kubectl("set", "image", `deployment/${service}`, `*=${edited}`);
      await rolledOut();
      return await milliseconds(async () => {
        await kubectl("rollout", "undo", `deployment/${service}`);
        await rolledOut();
      });
    });
    await interleave([own, undo], rounds);
    const pulled = (client: keyof Pulled) => megabytes(median(pulls.map((each) => each[client])), 3);
    return {
      targets: [
        {
          what: "pulumi up of a revert ÷ kubectl rollout undo and rollout status",
          ratio: ratioOfMedians(own.samples, undo.samples),
          limit: 1.5,
          limits: "at most",
        },
      ],
      body: [
        `A stack runs an edit of \`app/routes.go\`. The edit is taken back, and two pods run the earlier image again. Each ` +
          `time it is another edit. The peer is the same Deployment, in turn; ${rounds} rounds, medians.`,
        table(
          ["back to the earlier image", "time", "the builder pulls", "the program pulls", "the node pulls"],
          [
            [own.name, seconds(median(own.samples)), pulled("builder"), pulled("program"), pulled("node")],
            [undo.name, seconds(median(undo.samples)), "", "", ""],
          ],
        ),
        "The program reads the earlier image's binaries and user: Pulumi's state has them only of the last one.",
      ].join("\n\n"),
      plots: [
        {
          name: "revert",
          title: "Back to the earlier image (s, less is better)",
          bars: [own, undo].map(({ name, samples }) => ({
            label: name,
            value: median(samples),
            text: seconds(median(samples)),
            own: name === own.name,
          })),
        },
      ],
    };
  } finally {
    await kubectl("delete", "namespace", namespace, "--ignore-not-found");
  }
}

/** How long it takes until pods run an earlier image again. */
export const revertBenchmark: Benchmark = {
  title: "A revert",
  run: async (env) => {
    const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
    const manifest = join(directory, "objects.json");
    try {
      return await withCountedRegistry((registry) =>
        withProject("bench-revert", env, { registry: { url: `${registry.host}/bench-revert/ping` } }, (project) =>
          compare(project, registry, manifest),
        ),
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
