import { availableParallelism } from "node:os";
import { Project, withProject } from "../test/support/project";
import type { Benchmark, Result } from "./benchmark";
import { megabytes, seconds, table } from "./benchmark-report";
import { registry } from "./builder";
import { peakMemory } from "./memory";
import { milliseconds } from "./statistics";

const sizes = [1, 10, 50] as const;

interface Run {
  readonly stacks: number;
  readonly atOnce: number;
  readonly time: number;
  readonly memory: number;
}

/** Previews every service's stack, so many at once. The first failure ends it. */
async function previewAll(services: readonly Project[], atOnce: number): Promise<Run> {
  const queue = [...services];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await next.pulumi("preview", "--non-interactive");
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  let time = 0;
  const { total } = await peakMemory(async () => {
    time = await milliseconds(async () => {
      const workers = Array.from({ length: atOnce }, work);
      // No preview may still run when its stack is removed.
      await Promise.allSettled(workers);
      await Promise.all(workers);
    });
  });
  return { stacks: services.length, atOnce, time, memory: total };
}

/** Gives `work` the stacks of as many services as the largest size has, none of them deployed, all of one image. */
async function withServices<T>(project: Project, work: (services: readonly Project[]) => Promise<T>): Promise<T> {
  const { image } = await project.up();
  const services: Project[] = [];
  try {
    for (let index = 0; index < Math.max(...sizes); index++) {
      const service = new Project(project.cwd, `bench-stacks-${String(index)}`, project.env);
      await service.pulumi("stack", "init", "--no-select");
      services.push(service);
      service.configure({ name: `service-${String(index)}`, registry: null, image });
    }
    return await work(services);
  } finally {
    for (const service of services) {
      await service.pulumi("stack", "rm", "--yes");
    }
  }
}

async function compare(services: readonly Project[]): Promise<Result> {
  await previewAll(services.slice(0, 1), 1);
  const runs: Run[] = [];
  for (const atOnce of new Set([1, availableParallelism()])) {
    for (const stacks of sizes) {
      if (atOnce <= stacks) {
        runs.push(await previewAll(services.slice(0, stacks), atOnce));
      }
    }
  }
  const each = (run: Run | undefined) => (run === undefined ? NaN : run.time / run.stacks);
  const alone = runs.filter(({ atOnce }) => atOnce === 1);
  return {
    targets: [
      {
        what: "preview of a stack, one of 50 ÷ one of 10",
        ratio: each(alone.at(-1)) / each(alone.at(-2)),
        limit: 1.1,
        limits: "at most",
      },
    ],
    body: [
      "The stacks of 1, 10 and 50 services in one project, each with a name of its own and the same image by its digest; " +
        "none is deployed, so that a preview shows all of its resources. One run each: differences below a tenth are noise.",
      table(
        ["stacks", "previews at once", "time", "each", "memory of all processes"],
        runs.map((run) => [
          String(run.stacks),
          String(run.atOnce),
          seconds(run.time, 1),
          seconds(each(run), 1),
          megabytes(run.memory),
        ]),
      ),
      "Previews share nothing. In a repository of many services, a pull request should preview those that it changes; " +
        "where it changes what all of them share, more runners help more than more previews at once.",
    ].join("\n\n"),
    plots: [
      {
        name: "stacks",
        title: "Previews of many stacks (s, less is better)",
        bars: runs.map(({ stacks, atOnce, time }) => ({
          label: `${String(stacks)} stacks, ${String(atOnce)} at once`,
          value: time,
          text: seconds(time, 1),
          own: true,
        })),
      },
    ],
  };
}

/** Whether a preview gets slower where there are more stacks. */
export const stacksBenchmark: Benchmark = {
  title: "Previews of many stacks",
  run: (env) =>
    withProject("bench-stacks", env, { registry: { url: `${registry}/bench` } }, (project) =>
      withServices(project, compare),
    ),
};
