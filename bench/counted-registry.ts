import { createServer } from "node:http";
import type { Socket } from "node:net";
import { passOn } from "../test/support/pass-on";
import { startForNode } from "../test/support/relay";

/** Bytes that each client of a registry has pulled, with the answers' headers. The program's are also its providers'. */
export type Pulled = Readonly<Record<"builder" | "node" | "program", number>>;

/** The sandbox's registry at another address, which counts what passes. */
export interface CountedRegistry {
  /** `localhost:<port>`, for the machine and for the node. */
  readonly host: string;
  /** What `work` has had pulled. */
  readonly pulledBy: (work: () => Promise<unknown>) => Promise<Pulled>;
}

function clientOf(userAgent = ""): keyof Pulled {
  return userAgent.startsWith("buildkit/") ? "builder" : userAgent.startsWith("containerd/") ? "node" : "program";
}

/** Gives `work` the sandbox's registry with a counter in front of it. */
export async function withCountedRegistry<T>(work: (registry: CountedRegistry) => Promise<T>): Promise<T> {
  // A connection belongs to one client as long as it lasts.
  const connections = new Map<Socket, keyof Pulled>();
  const pulled = () => {
    const bytes = { builder: 0, node: 0, program: 0 };
    connections.forEach((client, { bytesWritten }) => (bytes[client] += bytesWritten));
    return bytes;
  };
  const server = createServer((incoming, answer) => {
    connections.set(incoming.socket, clientOf(incoming.headers["user-agent"]));
    passOn(incoming, answer);
  });
  const { host, stop } = await startForNode(server);
  try {
    return await work({
      host,
      pulledBy: async (pull) => {
        const before = pulled();
        await pull();
        const after = pulled();
        return {
          builder: after.builder - before.builder,
          node: after.node - before.node,
          program: after.program - before.program,
        };
      },
    });
  } finally {
    stop();
  }
}
