import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loopback } from "../test/sandbox/standalone/node/forward";
import { passOn } from "../test/support/pass-on";
import { letNodeReach } from "../test/support/relay";

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
  const directory = mkdtempSync(join(tmpdir(), "ping-bench-registry-"));
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
  }).listen(loopback(0));
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const endRelay = letNodeReach(port, join(directory, "socket"));
  try {
    return await work({
      host: `localhost:${port}`,
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
    endRelay();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  }
}
