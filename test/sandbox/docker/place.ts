import { join } from "node:path";
import { run } from "../ground/run";
import type { ports } from "../ground/paths";

/** Where the sandbox in Docker is kept, and what it takes. */
export interface Place {
  /** The environment that its commands are looked up and run in. */
  readonly env: NodeJS.ProcessEnv;
  /** The directory of what lives as long as the sandbox. */
  readonly directory: string;
  readonly ports: Readonly<Record<keyof typeof ports, number>>;
}

/** The sandbox's containers. kind and buildx call none of the user's own by these names unless they are asked to. */
export const containers = {
  registry: "ping-sandbox-registry",
  node: "ping-sandbox-control-plane",
  builder: "buildx_buildkit_ping-sandbox",
} as const;

/** Seconds that the cluster, and a Service in it, have to be ready: a machine may have other things to do. */
export const readyWithin = 300;

/** Where a sandbox's files are. */
export const filesOf = (directory: string) => ({
  /** Remembers the sandbox's Docker daemon. */
  marker: join(directory, "docker.json"),
  /** Where buildx keeps its builders. None of the user's own is in it. */
  buildx: join(directory, "buildx"),
  kind: join(directory, "kind.json"),
  kubeconfig: join(directory, "kubeconfig"),
  nodePort: join(directory, "node-port.json"),
});

/** A Docker daemon with a place for the sandbox. */
export interface Docker {
  readonly place: Place;
  readonly host: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command and returns its standard output. */
  readonly run: (argv: readonly [string, ...string[]], signal?: AbortSignal) => Promise<string>;
}

/** The Docker daemon at an address. */
export function dockerAt(place: Place, host: string): Docker {
  const files = filesOf(place.directory);
  const env = {
    ...place.env,
    // The user may choose another Docker context meanwhile.
    DOCKER_HOST: host,
    BUILDX_CONFIG: files.buildx,
    KUBECONFIG: files.kubeconfig,
    KIND_EXPERIMENTAL_PROVIDER: "docker",
    KIND_EXPERIMENTAL_DOCKER_NETWORK: undefined,
  };
  return { place, host, env, run: (argv, signal) => run(argv, { env, ...(signal && { signal }) }) };
}
