import { Failure } from "../../../common";
import { run } from "../ground/run";
import { which } from "../ground/which";

/** Milliseconds that a Docker daemon has to answer: Docker Desktop may just be starting. */
const answerWithin = 20_000;

/** The address of the Docker daemon that answers, or why none does. */
export type Engine = { readonly host: string } | { readonly refusal: string };

/** Asks the Docker daemon that the user's own commands would reach: that of DOCKER_HOST or of the chosen Docker context. */
export async function findEngine(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Engine> {
  if (which("docker", env["PATH"]) === undefined) {
    return { refusal: "the command docker is not on PATH" };
  }
  const timeout = AbortSignal.timeout(answerWithin);
  const options = { env, signal: AbortSignal.any([signal, timeout]) };
  try {
    await run(["docker", "version", "--format", "{{.Server.Version}}"], options);
    const format = "{{.Endpoints.docker.Host}}";
    return { host: (await run(["docker", "context", "inspect", "--format", format], options)).trim() };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) {
      return { refusal: `docker version had no answer within ${String(answerWithin / 1000)} s` };
    }
    if (!(error instanceof Failure)) {
      throw error;
    }
    // The first line is the command itself.
    return { refusal: error.message.split("\n").slice(1).join(" ").trim() };
  }
}

/**
 * Makes sure that a Docker daemon is on this machine.
 * @throws Failure for another machine's: the ports that its containers publish are not this machine's.
 */
export function checkLocal(host: string): void {
  if (/^(unix|npipe):/.test(host) || ["127.0.0.1", "localhost", "[::1]"].includes(new URL(host).hostname)) {
    return;
  }
  throw new Failure(
    `the Docker daemon is on another machine (${host}), and the sandbox's ports would be that machine's: choose a local ` +
      "daemon with docker context use or DOCKER_HOST, or start the sandbox without Docker (npm start -- --without-docker)",
  );
}
