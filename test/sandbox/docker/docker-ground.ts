import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Failure } from "../../../common";
import type { Ground } from "../ground/ground";
import { step } from "../ground/progress";
import { forSeconds, until } from "../ground/until";
import { pushBase, removeCache, startBuilder } from "./builder";
import { openNodePort, startCluster } from "./kind-cluster";
import { checkPublished, removeContainers, type States, statesOf } from "./containers";
import { checkLocal, findEngine } from "./engine";
import { hasNetwork, network, removeNetwork } from "./network";
import { containers, type Docker, dockerAt, filesOf, type Place, readyWithin } from "./place";
import { joinRegistry, startRegistry } from "./registry-container";
import { checkRequirements } from "./requirements";

/** What is remembered of a sandbox in Docker. */
interface Marker {
  /** The address of its Docker daemon. */
  readonly host: string;
  /** Whether the network `kind` came with it. */
  readonly madeNetwork: boolean;
  /** Whether it came up completely. */
  readonly complete: boolean;
}

/** Installs what the sandbox's Pulumi needs beside the CLI. */
type InstallPlugins = (signal: AbortSignal) => Promise<void>;

const readMarker = ({ directory }: Place): Marker | undefined => {
  const { marker } = filesOf(directory);
  return existsSync(marker) ? (JSON.parse(readFileSync(marker, "utf8")) as Marker) : undefined;
};

function writeMarker({ directory }: Place, marker: Marker): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(filesOf(directory).marker, JSON.stringify(marker));
}

/** The Docker daemon of a sandbox. */
function dockerOf(place: Place): Docker {
  const marker = readMarker(place);
  if (marker === undefined) {
    throw new Failure("the sandbox is down: npm start brings it up");
  }
  return dockerAt(place, marker.host);
}

/** Whether there is a sandbox in Docker, running or stopped. */
export const isMade = (place: Place): boolean => readMarker(place) !== undefined;

/**
 * The Docker daemon of a sandbox that was made in it.
 * @throws Failure when it doesn't answer.
 */
async function reached(place: Place, host: string, signal: AbortSignal): Promise<Docker> {
  const docker = dockerAt(place, host);
  const engine = await findEngine(docker.env, signal);
  if ("refusal" in engine) {
    throw new Failure(`the sandbox is in the Docker daemon at ${host}, which doesn't answer: ${engine.refusal}`);
  }
  return docker;
}

/** Makes what is absent and starts what is stopped. */
async function startAll(docker: Docker, states: States, signal: AbortSignal): Promise<void> {
  const title = Object.values(states).includes("absent")
    ? "making a Kubernetes cluster, a registry and a builder in Docker; the first time pulls their images"
    : "starting the Kubernetes cluster, the registry and the builder in Docker";
  await step(title, async () => {
    const images = async () => {
      await together([startRegistry(docker, states.registry, signal), startBuilder(docker, states.builder, signal)]);
      if (states.registry === "absent") {
        await pushBase(docker, signal);
      }
    };
    await together([images(), startCluster(docker, states.node, signal)]);
    await joinRegistry(docker, network, signal);
  });
}

/** Waits until all have ended, also after a failure: what is removed then must not be under way. */
async function together(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((ended) => ended.status === "rejected");
  if (failed !== undefined) {
    throw failed.reason;
  }
}

/** Removes containers, network and files. */
async function remove(docker: Docker, madeNetwork: boolean): Promise<void> {
  await removeContainers(docker, await statesOf(docker));
  if (madeNetwork) {
    await removeNetwork(docker);
  }
  rmSync(docker.place.directory, { recursive: true, force: true });
}

/** The sandbox in Docker: a kind cluster, a registry container and a buildx builder of its own. */
export function dockerGround(place: Place, installPlugins: InstallPlugins): Ground {
  /** Makes it from nothing, or leaves nothing of it. */
  async function create(signal: AbortSignal): Promise<void> {
    const engine = await findEngine(place.env, signal);
    if ("refusal" in engine) {
      throw new Failure(`Docker doesn't answer: ${engine.refusal}`);
    }
    checkLocal(engine.host);
    await checkRequirements(place.env, signal);
    const docker = dockerAt(place, engine.host);
    // What a sandbox that was killed left behind may be incomplete, or hold what no state of Pulumi's knows.
    await removeContainers(docker, await statesOf(docker, signal));
    const madeNetwork = readMarker(place)?.madeNetwork === true || !(await hasNetwork(docker, signal));
    const marker = { host: engine.host, madeNetwork, complete: false };
    const states = await statesOf(docker, signal);
    await checkPublished(docker, states, signal);
    writeMarker(place, marker);
    try {
      await startAll(docker, states, signal);
      await installPlugins(signal);
    } catch (error) {
      await remove(docker, marker.madeNetwork);
      throw error;
    }
    writeMarker(place, { ...marker, complete: true });
  }

  return {
    name: "docker",
    isUp: async () => {
      const marker = readMarker(place);
      return (
        marker?.complete === true &&
        Object.values(await statesOf(dockerAt(place, marker.host))).every((state) => state === "running")
      );
    },
    up: async (signal) => {
      const marker = readMarker(place);
      if (marker?.complete !== true) {
        await create(signal);
        return;
      }
      const docker = await reached(place, marker.host, signal);
      const states = await statesOf(docker, signal);
      await checkPublished(docker, states, signal);
      await startAll(docker, states, signal);
    },
    variables: () => ({ DOCKER_HOST: dockerOf(place).host }),
    openService: async (name, answers, signal) => {
      await openNodePort(dockerOf(place), name, signal);
      await until("the service", answers, forSeconds(readyWithin), signal);
    },
    down: async ({ purge }) => {
      const marker = readMarker(place);
      const { signal } = new AbortController();
      if (marker !== undefined) {
        const docker = await reached(place, marker.host, signal);
        await remove(docker, marker.madeNetwork);
        await (purge && removeCache(docker));
      } else if (purge) {
        const engine = await findEngine(place.env, signal);
        await ("host" in engine && removeCache(dockerAt(place, engine.host)));
      }
    },
    inNode: (argv) => ["docker", "exec", containers.node, ...argv],
  };
}
