import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Benchmark } from "./benchmark";
import { app, appDockerfile, buildImage, platforms, registry } from "./builder";
import { table } from "./benchmark-report";

/** What the tutorials behind the project say of their multi-stage images, in MB, unpacked as Docker shows it. */
const tutorials = [7.2, 7.44, 9.28, 20.8, 28.1];

/** Bytes of an image's layers. */
interface Size {
  /** As the registry keeps them and a node pulls them. */
  readonly compressed: number;
  /** The layers' tar archives. */
  readonly unpacked: number;
}

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly platform: { os: string; architecture: string } }[];
}

interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[];
}

async function fetchFrom(repository: string, path: string): Promise<Response> {
  const accept = ["index.v1", "manifest.v1"].map((type) => `application/vnd.oci.image.${type}+json`);
  const docker = ["manifest.list.v2", "manifest.v2"].map((type) => `application/vnd.docker.distribution.${type}+json`);
  const url = `http://${registry}/v2/${repository}/${path}`;
  const response = await fetch(url, { headers: { accept: [...accept, ...docker].join(", ") } });
  if (!response.ok) {
    throw new Error(`GET ${url} gave ${response.status}`);
  }
  return response;
}

/** The sizes of an index's images: platform → bytes. */
async function sizes(repository: string): Promise<Map<string, Size>> {
  const { manifests } = (await (await fetchFrom(repository, "manifests/latest")).json()) as Index;
  const measured = manifests.map(async ({ digest, platform }) => {
    const { layers } = (await (await fetchFrom(repository, `manifests/${digest}`)).json()) as Manifest;
    const archives = layers.map(async (layer) => {
      const blob = await fetchFrom(repository, `blobs/${layer.digest}`);
      return gunzipSync(Buffer.from(await blob.arrayBuffer())).length;
    });
    const sum = (bytes: number[]) => bytes.reduce((total, size) => total + size, 0);
    const size = { compressed: sum(layers.map((layer) => layer.size)), unpacked: sum(await Promise.all(archives)) };
    return [`${platform.os}/${platform.architecture}`, size] as const;
  });
  return new Map(await Promise.all(measured));
}

/** The least: net/http alone, built by the service's own Dockerfile, so that nothing differs but the program. */
function stageLeast(directory: string): void {
  copyFileSync(join(__dirname, "servers", "nethttp", "main.go"), join(directory, "main.go"));
  writeFileSync(join(directory, "go.mod"), "module least\n\ngo 1.26\n");
  writeFileSync(join(directory, "go.sum"), "");
}

const megabytes = (bytes: number) => bytes / 1e6;
const mb = (value: number) => `${value.toFixed(2)} MB`;

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
      const largest = megabytes(Math.max(...rows.map((each) => each.own.unpacked)));
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
            what: `the service, unpacked, ÷ the tutorials' smallest (${smallest} MB)`,
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
                mb(megabytes(bytes)),
              ),
            ]),
          ),
        ].join("\n\n"),
        plots: [
          {
            name: "size",
            title: "Image, unpacked (MB, less is better)",
            bars: [
              { label: "the service", value: largest, text: mb(largest), own: true },
              ...rows.slice(0, 1).map((each) => ({
                label: "net/http alone",
                value: megabytes(each.least.unpacked),
                text: mb(megabytes(each.least.unpacked)),
              })),
              ...tutorials.map((value, index) => ({ label: `tutorial ${index + 1}`, value, text: mb(value) })),
            ],
          },
        ],
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
