import { owner, type State } from "./containers";
import { containers, type Docker } from "./place";

/** The registry's port within its container. */
const port = 5000;

/** Brings the registry up. */
export async function startRegistry(docker: Docker, state: State, signal: AbortSignal): Promise<void> {
  if (state === "absent") {
    const { place } = docker;
    await docker.run(
      [
        ...(["docker", "run", "--detach", "--restart", "unless-stopped", "--name", containers.registry] as const),
        ...[
          "--label",
          `${owner}=${place.directory}`,
          "--publish",
          `127.0.0.1:${String(place.ports.registry)}:${String(port)}`,
        ],
        // As the other ground's registry, it lets images be deleted.
        ...["--env", "REGISTRY_STORAGE_DELETE_ENABLED=true"],
        "registry:3",
      ],
      signal,
    );
  } else if (state === "stopped") {
    await docker.run(["docker", "start", containers.registry], signal);
  }
}

/**
 * Lets the cluster's node pull from the registry by the address that images have on the machine
 * (https://kind.sigs.k8s.io/docs/user/local-registry).
 */
export async function joinRegistry(docker: Docker, network: string, signal: AbortSignal): Promise<void> {
  const format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
  const joined = await docker.run(["docker", "inspect", "--format", format, containers.registry], signal);
  if (!joined.split(/\s/).includes(network)) {
    await docker.run(["docker", "network", "connect", network, containers.registry], signal);
  }
  const directory = `/etc/containerd/certs.d/localhost:${String(docker.place.ports.registry)}`;
  const hosts = `[host."http://${containers.registry}:${String(port)}"]`;
  const write = 'mkdir -p "$1" && echo "$2" > "$1/hosts.toml"';
  await docker.run(["docker", "exec", containers.node, "sh", "-c", write, "sh", directory, hosts], signal);
}
