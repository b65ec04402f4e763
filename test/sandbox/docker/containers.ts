import { Failure } from "../../../common";
import { holderOf } from "../ground/ports";
import { containers, type Docker } from "./place";

/** The label of the registry's container: the directory of the sandbox that it belongs to. */
export const owner = "ping-sandbox.directory";

/** What Docker knows about one of the sandbox's containers. */
export type State = "running" | "stopped" | "absent";

/** The state of each of the sandbox's containers. */
export type States = Readonly<Record<keyof typeof containers, State>>;

/**
 * Looks at the sandbox's containers.
 * @throws Failure where they belong to the sandbox of another directory, such as another user's.
 */
export async function statesOf(docker: Docker, signal?: AbortSignal): Promise<States> {
  const format = `{{.Names}}\t{{.State}}\t{{.Label "${owner}"}}`;
  const lines = (await docker.run(["docker", "ps", "--all", "--format", format], signal)).trimEnd().split("\n");
  const found = new Map(lines.map((line) => line.split("\t")).map(([name = "", ...rest]) => [name, rest]));
  const other = found.get(containers.registry)?.[1];
  if (other !== undefined && other !== docker.place.directory) {
    throw new Failure(
      `this Docker daemon already has the sandbox of ${other || "something else"}, with the container ` +
        `${containers.registry}: stop that one first`,
    );
  }
  const stateOf = (name: string): State => {
    const [state] = found.get(name) ?? [];
    return state === undefined ? "absent" : state === "running" ? "running" : "stopped";
  };
  return {
    registry: stateOf(containers.registry),
    node: stateOf(containers.node),
    builder: stateOf(containers.builder),
  };
}

/** The ports of this machine that each container publishes. */
const published = { registry: ["registry"], node: ["apiServer", "service"], builder: [] } as const;

/**
 * Makes sure that nothing else holds a port that a container which doesn't run yet will publish.
 * @throws Failure naming the port and, where it can be seen, who holds it.
 */
export async function checkPublished(docker: Docker, states: States, signal: AbortSignal): Promise<void> {
  const wanted = Object.entries(published)
    .filter(([name]) => states[name as keyof States] !== "running")
    .flatMap(([, ports]) => ports);
  for (const what of wanted) {
    const port = docker.place.ports[what];
    const holder = await holderOf(port);
    if (holder !== undefined) {
      const filter = `publish=${String(port)}`;
      const names = await docker.run(["docker", "ps", "--filter", filter, "--format", "{{.Names}}"], signal);
      const container = names.trim().split("\n")[0];
      const [who, stop] = container ? [`the container ${container}`, `docker stop ${container}`] : [holder, "stop it"];
      throw new Failure(
        `port ${String(port)} of 127.0.0.1, the sandbox's ${what} port, is taken by ${who}: ${stop} and start again`,
      );
    }
  }
}

/** Removes containers of the sandbox with the volumes that nothing else names. */
export async function removeContainers(docker: Docker, states: States): Promise<void> {
  const names = Object.entries(containers)
    .filter(([name]) => states[name as keyof States] !== "absent")
    .map(([, container]) => container);
  if (names.length > 0) {
    await docker.run(["docker", "rm", "--force", "--volumes", ...names]);
  }
}
