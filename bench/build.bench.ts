import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeed } from "../test/support/execute";
import type { Benchmark } from "./benchmark";
import { megabytes, seconds, table } from "./benchmark-report";
import { app, buildImage, ldflags, platforms, registry } from "./builder";
import { edit } from "./edit";
import { installTool } from "./go-tool";
import { sizes } from "./image-size";
import { configureKo, ko, pushBase } from "./ko";
import { interleave, median, ratioOfMedians, milliseconds, variant } from "./statistics";

const rounds = 15;

/** Compiles for both platforms at the same time, as the others do. */
async function goBuild(directory: string, version: string, env: NodeJS.ProcessEnv): Promise<void> {
  await Promise.all(
    platforms.map((platform) => {
      const [GOOS, GOARCH] = platform.split("/");
      const output = join(directory, "..", `ping-${GOARCH ?? ""}`);
      return succeed(["go", "build", "-trimpath", `-ldflags=${ldflags(version)}`, "-o", output, "."], {
        cwd: directory,
        env: { ...env, GOOS, GOARCH },
      });
    }),
  );
}

/** Size of the layers of the larger platform's image, as a node pulls them. */
async function compressed(repository: string): Promise<string> {
  const all = [...(await sizes(repository)).values()];
  return megabytes(Math.max(...all.map((size) => size.compressed)), 2);
}

/** From an edited line to an index in the registry. */
export const buildBenchmark: Benchmark = {
  title: "Edit a line, build and push two platforms",
  run: async (sandbox) => {
    const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
    try {
      const env = { ...sandbox, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", SOURCE_DATE_EPOCH: "0" };
      const koFile = await installTool(ko, env);
      const base = await pushBase(join(directory, "base"), env);
      const source = (name: string) => {
        cpSync(app, join(directory, name), { recursive: true });
        return join(directory, name);
      };

      const byBuildKit = (name: string, repository: string, exporter: readonly string[]) => {
        const context = source(repository);
        return variant(name, async () => {
          const image = { reference: `${registry}/bench/${repository}:latest`, version: edit(context), exporter };
          return await milliseconds(() => buildImage(context, join(context, "Dockerfile"), image, env));
        });
      };
      const buildkit = byBuildKit("BuildKit, app/Dockerfile", "own", []);
      // ko's level is gzip.BestSpeed, the default of go-containerregistry's pkg/v1/tarball.
      const fastest = byBuildKit("BuildKit, gzip level 1", "level-1", ["compression=gzip", "compression-level=1"]);

      const koSource = source("ko");
      const koBuild = variant(`ko ${ko.version}`, async () => {
        const version = edit(koSource);
        configureKo(koSource, base, version);
        const koEnv = { ...env, KO_DOCKER_REPO: `${registry}/bench/ko` };
        const argv = [koFile, "build", "--bare", "--sbom=none", `--platform=${platforms.join(",")}`, "."] as const;
        return await milliseconds(() => succeed(argv, { cwd: koSource, env: koEnv }));
      });

      const goSource = source("go");
      const floor = variant("go build twice, no image", () => {
        const version = edit(goSource);
        return milliseconds(() => goBuild(goSource, version, env));
      });

      const variants = [buildkit, fastest, koBuild, floor];
      await interleave(variants, rounds);
      const lines = [
        { build: buildkit, size: await compressed("bench/own") },
        { build: fastest, size: await compressed("bench/level-1") },
        { build: koBuild, size: await compressed("bench/ko") },
        { build: floor, size: "" },
      ];
      return {
        targets: [
          {
            what: "BuildKit ÷ ko",
            ratio: ratioOfMedians(buildkit.samples, koBuild.samples),
            limit: 1,
            limits: "at most",
          },
          {
            what: "BuildKit ÷ ko, both at gzip level 1",
            ratio: ratioOfMedians(fastest.samples, koBuild.samples),
            limit: 1,
            limits: "at most",
          },
        ],
        body: [
          `Each time another line of \`app/routes.go\` is new, and everything else cached. Builder against builder: ` +
            `\`buildctl\` with the options that the program gives to the docker-build provider, and ko with the same ` +
            `linker flags, the same certificates as its base image, and no SBOM. ko compresses at gzip level 1. ` +
            `The program leaves BuildKit at its own level, which takes longer and makes the image smaller: at another one, a ` +
            `builder would still push what its cache has at that level, and one tag could have two digests. The floor is ` +
            `\`go build\` alone, for both platforms at once. ${rounds} rounds; medians.`,
          table(
            ["build", "time", "÷ floor", "compressed, larger platform"],
            lines.map(({ build: { name, samples }, size }) => [
              name,
              seconds(median(samples)),
              ratioOfMedians(samples, floor.samples).toFixed(2),
              size,
            ]),
          ),
        ].join("\n\n"),
        plots: [
          {
            name: "build",
            title: "Edit a line, build and push linux/amd64 and linux/arm64 (s, less is better)",
            bars: variants.map(({ name, samples }) => ({
              label: name,
              value: median(samples),
              text: seconds(median(samples)),
              own: name === buildkit.name,
            })),
          },
        ],
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
