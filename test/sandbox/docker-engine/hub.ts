import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../ground/run";
import { golangContexts } from "../standalone/control-plane/push-images";
import { engineFiles } from "./place";

/** Of the machine with Docker on the network that containers are in by default. */
const address = "172.17.0.1";

/** The address of Docker's network `bridge` on the machine with Docker. */
export const bridge = `${address}/16`;

const port = "5999";

/** What the registry that stands for Docker Hub is configured by. */
export const hubConfiguration = join(engineFiles.directory, "hub.json");

/**
 * Configures the hub, and every builder to pull Docker Hub's images from it: buildx looks for that file.
 * A builder without the machine's network reaches the hub, as it would Docker Hub.
 */
export function writeHub(): void {
  const storage = { filesystem: { rootdirectory: engineFiles.hub } };
  writeFileSync(hubConfiguration, JSON.stringify({ version: "0.1", storage, http: { addr: `:${port}` } }));
  const buildx = join(engineFiles.config, "buildx");
  mkdirSync(buildx, { recursive: true });
  writeFileSync(
    join(buildx, "buildkitd.default.toml"),
    `[registry."docker.io"]\n  mirrors = ["${address}:${port}"]\n[registry."${address}:${port}"]\n  http = true\n`,
  );
}

/** Pushes the base image of the service's Dockerfile to the hub. */
export async function pushGolang(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const contexts = await golangContexts(join(engineFiles.directory, "golang"), signal);
  const named = Object.entries(contexts).flatMap(([name, directory]) => ["--build-context", `${name}=${directory}`]);
  const directory = join(__dirname, "../standalone/control-plane/images/golang");
  await run(
    [
      ...(["docker", "buildx", "build", "--builder", "default", "--progress", "plain", ...named] as const),
      ...["--provenance", "false", "--push", "--tag", `localhost:${port}/library/golang:1.26`, directory],
    ],
    { env, signal },
  );
}
