import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark } from "./benchmark";
import { app, appDockerfile, buildImage, platforms, registry } from "./builder";
import { megabytes, table } from "./benchmark-report";
import { type Size, sizes } from "./image-size";

/** What the tutorials behind the project say of their multi-stage images, in bytes, unpacked as Docker shows it. */
const tutorials = [7.2e6, 7.44e6, 9.28e6, 20.8e6, 28.1e6];

/** The least: net/http alone, built by the service's own Dockerfile, so that nothing differs but the program. */
function stageLeast(directory: string): void {
  copyFileSync(join(__dirname, "servers", "nethttp", "main.go"), join(directory, "main.go"));
  writeFileSync(join(directory, "go.mod"), "module least\n\ngo 1.26\n");
  writeFileSync(join(directory, "go.sum"), "");
}

/** The image's size next to the least, and to the tutorials' figures. */
export const sizeBenchmark: Benchmark = {
  title: "The image's size",
  run: async (env) => {
    const directory = mkdtempSync(join(tmpdir(), "ping-bench-"));
    try {
      stageLeast(directory);
      const tagged = (repository: string) => ({ reference: `${registry}/${repository}:latest`, version: "bench" });
      await buildImage(app, appDockerfile, tagged("bench/size"), env);
      await buildImage(directory, appDockerfile, tagged("bench/least"), env);
      const [own, least] = await Promise.all([sizes("bench/size"), sizes("bench/least")]);
      const rows = platforms.map((platform) => {
        const [ownSize, leastSize] = [own.get(platform), least.get(platform)];
        if (ownSize === undefined || leastSize === undefined) {
          throw new Error(`an index has no ${platform}`);
        }
        return { platform, own: ownSize, least: leastSize };
      });
      const ratio = (what: keyof Size) => Math.max(...rows.map((each) => each.own[what] / each.least[what]));
      const largest = Math.max(...rows.map((each) => each.own.unpacked));
      const smallest = Math.min(...tutorials);
      return {
        targets: [
          {
            what: "the service ÷ net/http alone, compressed, larger of the platforms",
            ratio: ratio("compressed"),
            limit: 1.15,
            limits: "at most",
          },
          {
            what: "the service ÷ net/http alone, unpacked, larger of the platforms",
            ratio: ratio("unpacked"),
            limit: 1.15,
            limits: "at most",
          },
          {
            what: `the service, unpacked, ÷ the tutorials' smallest (${megabytes(smallest, 1)})`,
            ratio: largest / smallest,
            limit: 1,
            limits: "at most",
          },
        ],
        body: [
          `Layers of the pushed images, per platform: compressed as in the manifest, and unpacked. The least is ` +
            `net/http alone with the same certificates, built by the same Dockerfile.`,
          table(
            ["platform", "service, compressed", "least, compressed", "service, unpacked", "least, unpacked"],
            rows.map(({ platform, own: ownSize, least: leastSize }) => [
              platform,
              ...[ownSize.compressed, leastSize.compressed, ownSize.unpacked, leastSize.unpacked].map((bytes) =>
                megabytes(bytes, 2),
              ),
            ]),
          ),
        ].join("\n\n"),
        plots: [
          {
            name: "size",
            title: "Image, unpacked (MB, less is better)",
            bars: [
              { label: "the service", value: largest, text: megabytes(largest, 2), own: true },
              ...rows.slice(0, 1).map((each) => ({
                label: "net/http alone",
                value: each.least.unpacked,
                text: megabytes(each.least.unpacked, 2),
              })),
              ...tutorials.map((value, index) => ({
                label: `tutorial ${index + 1}`,
                value,
                text: megabytes(value, 2),
              })),
            ],
          },
        ],
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
