import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { kubeconfig } from "../sandbox/pki";

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/** Counts the requests of those who reach the API server by its kubeconfig. */
export interface CountedApi {
  /** Requests so far. A watch is one, however long it lasts. */
  readonly requests: () => number;
  readonly close: () => void;
}

/** Puts a counter in front of the sandbox's API server, and writes a kubeconfig that leads to it. */
export async function countApi(file: string): Promise<CountedApi> {
  const config = JSON.parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const decode = (text = "") => Buffer.from(text, "base64");
  const tls = {
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  };
  let count = 0;
  const server = createServer((incoming, answer) => {
    count++;
    const { method, headers } = incoming;
    const outgoing = request(new URL(incoming.url ?? "/", cluster["server"]), { ...tls, method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      answer.flushHeaders();
      reply.pipe(answer);
    });
    outgoing.on("error", (error) => answer.destroy(error));
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const counted = {
    ...config,
    clusters: [{ name: "sandbox", cluster: { server: `http://127.0.0.1:${String(port)}` } }],
  };
  writeFileSync(file, JSON.stringify(counted));
  return {
    requests: () => count,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
