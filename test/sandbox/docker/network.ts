import type { Docker } from "./place";

/** The network that kind puts every cluster's nodes in, and makes if it is absent. */
export const network = "kind";

/** Whether it is there. */
export async function hasNetwork(docker: Docker, signal?: AbortSignal): Promise<boolean> {
  const names = await docker.run(["docker", "network", "ls", "--format", "{{.Name}}"], signal);
  return names.split("\n").includes(network);
}

/** Removes it, if it is there, unless a container is in it: a stopped one couldn't start any more. */
export async function removeNetwork(docker: Docker): Promise<void> {
  if (!(await hasNetwork(docker))) {
    return;
  }
  const users = await docker.run(["docker", "ps", "--all", "--quiet", "--filter", `network=${network}`]);
  if (users.trim() === "") {
    await docker.run(["docker", "network", "rm", network]);
  }
}
