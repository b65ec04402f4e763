import { dirname, join } from "node:path";
import { checkout, ports } from "../test/sandbox/ground/paths";
import { sockets } from "../test/sandbox/network/sockets";
import { succeed } from "../test/support/execute";

/** The sandbox's registry. */
export const registry = `localhost:${String(ports.registry)}`;

/** The platforms that the benchmarks build for. */
export const platforms = ["linux/amd64", "linux/arm64"] as const;

/** The service and its Dockerfile. */
export const app = join(checkout, "app");
export const appDockerfile = join(app, "Dockerfile");

/** What is built, and how. */
interface ImageOptions {
  readonly reference: string;
  /** Build argument of app/Dockerfile. */
  readonly version: string;
  /** Options of BuildKit's exporter that the program doesn't give. */
  readonly exporter?: readonly string[];
}

/**
 * Builds a directory for both platforms and pushes the index, with the options that the program gives to the
 * docker-build provider: the same frontend, exporter and build arguments, no provenance.
 */
export async function buildImage(
  context: string,
  dockerfile: string,
  { reference, version, exporter = [] }: ImageOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await succeed(
    [
      ...(["buildctl", "--addr", `unix://${sockets.buildkit}`, "build", "--progress=plain"] as const),
      ...["--frontend", "dockerfile.v0", "--opt", `platform=${platforms.join(",")}`],
      ...["--local", `context=${context}`, "--local", `dockerfile=${dirname(dockerfile)}`],
      ...["--opt", `build-arg:ORG_OPENCONTAINERS_IMAGE_VERSION=${version}`, "--opt", "build-arg:SOURCE_DATE_EPOCH=0"],
      ...["--output", [`type=image,name=${reference},push=true`, ...exporter].join()],
    ],
    { env },
  );
}

/** The flags of `go build` that app/Dockerfile gives. */
export const ldflags = (version: string): string => `-s -w -X main.version=${version}`;
