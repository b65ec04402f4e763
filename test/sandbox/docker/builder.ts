import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { State } from "./containers";
import { containers, type Docker, filesOf } from "./place";

/** How the builder is called in buildx and in `Pulumi.dev.yaml`. */
const builder = "sandbox";

/** Holds BuildKit's cache and outlives the sandbox. buildx names it after the builder's container. */
const volume = `${containers.builder}_state`;

/** What the user configures every builder of theirs with, such as mirrors; buildx looks for it beside its builders. */
function userConfiguration({ place: { env } }: Docker): string[] {
  const directory = env["BUILDX_CONFIG"] ?? join(env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "buildx");
  const file = join(directory, "buildkitd.default.toml");
  return existsSync(file) ? ["--buildkitd-config", file] : [];
}

/** Brings the builder up. It is on the daemon's own network, where the registry has the address that images have. */
export async function startBuilder(docker: Docker, state: State, signal: AbortSignal): Promise<void> {
  const { buildx } = filesOf(docker.place.directory);
  if (!existsSync(join(buildx, "instances", builder))) {
    mkdirSync(buildx, { recursive: true });
    const node = containers.builder.replace("buildx_buildkit_", "");
    await docker.run(
      [
        ...(["docker", "buildx", "create", "--name", builder, "--node", node, "--driver", "docker-container"] as const),
        ...["--driver-opt", "network=host", ...userConfiguration(docker), "--bootstrap"],
      ],
      signal,
    );
  } else if (state !== "running") {
    await docker.run(["docker", "buildx", "inspect", "--bootstrap", builder], signal);
  }
}

/** Pushes the base image that `Pulumi.dev.yaml` names, as Docker Hub has it for this machine's platform. */
export async function pushBase(docker: Docker, signal: AbortSignal): Promise<void> {
  const reference = `localhost:${String(docker.place.ports.registry)}/library/golang:1.26`;
  await docker.run(
    [
      ...(["docker", "buildx", "build", "--builder", builder, "--progress", "plain", "--provenance", "false"] as const),
      // With the time of the build in its configuration, the same content would have another digest after each start.
      ...["--build-arg", "SOURCE_DATE_EPOCH=0", "--push", "--tag", reference, join(__dirname, "golang")],
    ],
    signal,
  );
}

/** Removes BuildKit's cache. */
export async function removeCache(docker: Docker): Promise<void> {
  const volumes = await docker.run(["docker", "volume", "ls", "--quiet", "--filter", `name=${volume}`]);
  if (volumes.split("\n").includes(volume)) {
    await docker.run(["docker", "volume", "rm", volume]);
  }
}
