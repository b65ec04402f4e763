import { secondNode } from "../sandbox/network/cluster-node";
import { addNode, removeNode } from "../sandbox/standalone/added-node";
import { succeed } from "../support/execute";

/** Runs `work` with a second node in the cluster, and lets what other stacks have there move away afterwards. */
export async function withSecondNode(env: NodeJS.ProcessEnv, work: () => Promise<void>): Promise<void> {
  await addNode(secondNode, new AbortController().signal);
  try {
    await work();
    await succeed(["kubectl", "drain", secondNode.name, "--delete-emptydir-data", "--timeout=180s"], { env });
  } finally {
    await removeNode(secondNode);
  }
}
