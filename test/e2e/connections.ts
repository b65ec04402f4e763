import { firstNode } from "../sandbox/network/cluster-node";
import { inNode } from "../sandbox/standalone/machine";
import { eventually } from "../support/eventually";
import { execute } from "../support/execute";
import type { Project } from "../support/project";

/** The addresses of a project's pods on the first node, but for those that are on their way out. */
export const podAddresses = async (project: Project): Promise<string[]> =>
  (await project.pods()).filter(({ spec }) => spec.nodeName === firstNode.name).map(({ status }) => status.podIP);

/** The arguments that run a command on the network of the pod with this address. */
export const inPod = (address: string, argv: readonly string[]): [string, ...string[]] => {
  const enter = `for each in /run/netns/*; do
    if nsenter --net=$each ip -4 -oneline address | grep -qF ' ${address}/'; then exec nsenter --net=$each "$@"; fi
  done; echo 'no pod has ${address}' >&2; exit 1`;
  return inNode(["/bin/sh", "-c", enter, "in-pod", ...argv]);
};

/** curl's exit status for a connection that was refused, which is how a policy's enforcement answers. */
export const refused = 7;

/** How a connection from a pod ends: curl's exit status, 0 for any answer. */
export async function connect(from: string, to: string, port: number): Promise<number> {
  const { status } = await execute(
    inPod(from, [
      "curl",
      "--silent",
      "--http0.9",
      "--max-time",
      "5",
      "--output",
      "/dev/null",
      `http://${to}:${String(port)}/`,
    ]),
  );
  return status;
}

/** Waits until a connection ends so: a policy is enforced a moment after it is there. */
export const ends = (what: string, status: number, ...connection: Parameters<typeof connect>): Promise<true> =>
  eventually(what, async () => ((await connect(...connection)) === status ? true : undefined));
