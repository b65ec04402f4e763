import { Failure } from "../../common";
import { dockerGround, isMade } from "./docker/docker-ground";
import { findEngine } from "./docker/engine";
import { environment, makePulumiDirectories } from "./environment";
import type { Ground } from "./ground/ground";
import { ports, sandboxDirectory } from "./ground/paths";
import { isUp as isStandaloneUp } from "./standalone/machine";
import { standaloneGround } from "./standalone/standalone-ground";
import { installPlugins } from "./toolchain/plugins";

const place = { env: process.env, directory: sandboxDirectory, ports };

const docker: Ground = dockerGround(place, async (signal) => {
  makePulumiDirectories();
  await installPlugins(environment(docker), signal);
});

/** Every ground. */
export const grounds: readonly Ground[] = [docker, standaloneGround];

/** The ground of the sandbox that there is, running or stopped. */
export function currentGround(): Ground | undefined {
  if (isMade(place)) {
    return docker;
  }
  return isStandaloneUp() ? standaloneGround : undefined;
}

/**
 * The arguments that run a command on the cluster's first node, in whose network Services have their addresses.
 * @throws Failure when the sandbox is down.
 */
export function inNode(argv: readonly string[]): [string, ...string[]] {
  const ground = currentGround();
  if (ground === undefined) {
    throw new Failure("the sandbox is down: npm start brings it up");
  }
  return ground.inNode(argv);
}

/** Whether the sandbox is up and was brought up completely. */
export const isUp = async (): Promise<boolean> => (await currentGround()?.isUp()) ?? false;

/** What the choice of a ground goes by. */
interface Choice {
  readonly withoutDocker: boolean;
  readonly current: Ground | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Whether this machine can have the sandbox without Docker. */
  readonly isRootOnLinux: boolean;
}

const isRootOnLinux = process.platform === "linux" && process.getuid?.() === 0;

/** The ground of the sandbox that there is, or of one that is to be made. */
export const groundFor = (withoutDocker: boolean, signal: AbortSignal): Promise<Ground> =>
  chooseGround({ withoutDocker, current: currentGround(), env: process.env, isRootOnLinux }, signal);

/**
 * Stays on the ground of the sandbox that there is. A new one is in Docker where a daemon answers.
 * @throws Failure where there can be no sandbox.
 */
export async function chooseGround(
  { withoutDocker, current, env, isRootOnLinux }: Choice,
  signal: AbortSignal,
): Promise<Ground> {
  if (current !== undefined) {
    if (withoutDocker && current.name === "docker") {
      throw new Failure("the sandbox is in Docker: npm run sandbox:down removes it, then start again without Docker");
    }
    return current;
  }
  if (withoutDocker) {
    return standaloneGround;
  }
  const engine = await findEngine(env, signal);
  if ("host" in engine) {
    return docker;
  }
  if (!isRootOnLinux) {
    throw new Failure(`the sandbox needs a Docker daemon, or root on Linux: ${engine.refusal}`);
  }
  process.stderr.write(`The sandbox starts without Docker: ${engine.refusal}\n`);
  return standaloneGround;
}
