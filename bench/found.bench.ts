import { OwnBuilder } from "../test/support/own-builder";
import { Project, withProject } from "../test/support/project";
import type { Benchmark } from "./benchmark";
import { megabytes, seconds, table } from "./benchmark-report";
import { type CountedRegistry, type Pulled, withCountedRegistry } from "./counted-registry";
import { interleave, median, milliseconds, ratioOfMedians, variant } from "./statistics";

const rounds = 5;

/** Megabytes of a builder's disk: Go's image, modules, and what is compiled for two platforms. */
const disk = 6000;

/** What is built: the service, and one that compiles little but its dependencies. */
const services: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "app/": {},
  "a service with client-go": { app: "./bench/client-go", dockerfile: "./app/Dockerfile" },
};

interface Sample {
  readonly time: number;
  readonly pulled: Pulled;
}

interface Case {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** Previews of one service, by a stack that has built the image and by one that has found it. */
interface Previews {
  readonly service: string;
  /** The image is in no registry, and the builder is empty. */
  readonly whole: Case;
  readonly pairs: readonly { readonly cached: Case; readonly empty: Case }[];
}

async function preview(project: Project, registry: CountedRegistry, ...options: string[]): Promise<Sample> {
  let time = 0;
  const run = async () => {
    time = await milliseconds(() => project.pulumi("preview", "--non-interactive", ...options));
  };
  const pulled = await registry.pulledBy(run);
  return { time, pulled };
}

/** Gives `work` two builders of the same name, as on two machines. Both are empty. */
async function withBuilders<T>(
  env: NodeJS.ProcessEnv,
  work: (one: OwnBuilder, other: OwnBuilder) => Promise<T>,
): Promise<T> {
  const one = await OwnBuilder.start(env, disk);
  try {
    const other = await OwnBuilder.start(env, disk);
    try {
      return await work(one, other);
    } finally {
      await other.remove();
    }
  } finally {
    await one.remove();
  }
}

/** Previews a service's stacks without changes, with the builder that has built it and with one that stays empty. */
function previews(service: string, registry: CountedRegistry, sandbox: NodeJS.ProcessEnv): Promise<Previews> {
  const config = {
    ...services[service],
    builder: OwnBuilder.builder,
    bases: { "golang:1.26": `${registry.host}/library/golang:1.26` },
    registry: { url: `${registry.host}/bench-found-${Date.now()}/ping` },
  };
  return withBuilders(sandbox, ({ env }, empty) =>
    withProject("bench-builds", env, config, (builds) =>
      withProject("bench-finds", env, config, async (finds) => {
        const whole = { name: "not in the registry, empty builder", samples: [await preview(builds, registry)] };
        await builds.up();
        await finds.up();
        const unchanged = (name: string, { cwd, stack }: Project, builder: NodeJS.ProcessEnv) =>
          variant(name, () => preview(new Project(cwd, stack, builder), registry, "--expect-no-changes"));
        const pairs = [["built", builds] as const, ["found", finds] as const].map(([how, stack]) => ({
          cached: unchanged(`${how} by this stack, everything cached`, stack, env),
          empty: unchanged(`${how} by this stack, empty builder`, stack, empty.env),
        }));
        await interleave(
          pairs.flatMap(({ cached, empty }) => [cached, empty]),
          rounds,
        );
        return { service, whole, pairs };
      }),
    ),
  );
}

const times = ({ samples }: Case) => samples.map(({ time }) => time);

function previewTable({ service, whole, pairs }: Previews): string {
  const row = (each: Case, ratio = "") => {
    const pulled = (client: keyof Pulled) => megabytes(median(each.samples.map((sample) => sample.pulled[client])), 3);
    return [each.name, seconds(median(times(each))), ratio, pulled("builder"), pulled("program")];
  };
  return table(
    [`preview of ${service}`, "time", "÷ everything cached", "the builder pulls", "the program pulls"],
    [
      row(whole),
      ...pairs.flatMap(({ cached, empty }) => [
        row(cached),
        row(empty, ratioOfMedians(times(empty), times(cached)).toFixed(2)),
      ]),
    ],
  );
}

/** What a preview takes on a fresh machine. */
export const foundBenchmark: Benchmark = {
  title: "A preview on a fresh machine",
  run: (env) =>
    withCountedRegistry(async (registry) => {
      const all: Previews[] = [];
      for (const service of Object.keys(services)) {
        all.push(await previews(service, registry, env));
      }
      return {
        targets: all.map(({ service, pairs }) => ({
          what: `preview without changes of ${service}, empty builder ÷ everything cached, larger of two stacks`,
          ratio: Math.max(...pairs.map(({ cached, empty }) => ratioOfMedians(times(empty), times(cached)))),
          limit: 1.1,
          limits: "at most" as const,
        })),
        body: [
          `Two stacks have the same image: one has built it, the other has found it in the registry. Nothing has changed. ` +
            `One builder has built the image, another one of the same name is empty. ${rounds} rounds in turn; medians. The ` +
            `first line is one preview of the new image, before any stack has pushed it: it builds the image for two ` +
            `platforms on an empty builder. Go modules come on top of what that builder pulls.`,
          ...all.map(previewTable),
        ].join("\n\n"),
        plots: [
          {
            name: "found",
            title: "Preview on an empty builder (s, less is better)",
            bars: all.flatMap(({ service, whole, pairs }) =>
              [whole, ...pairs.map(({ empty }) => empty)].map((each, index) => ({
                label: `${service}: ${["new", "built", "found"][index] ?? ""}`,
                value: median(times(each)),
                text: seconds(median(times(each))),
                own: index > 0,
              })),
            ),
          },
        ],
      };
    }),
};
