import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import { pipeline } from "node:stream";
import { kubeconfig } from "../test/sandbox/ground/paths";
import { start, stop } from "../test/support/servers";

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/** Counts the requests that come by the kubeconfig which {@link countApi} writes. */
export interface CountedApi {
  /** Requests so far. A watch is one, however long it lasts. */
  readonly requests: () => number;
  readonly stop: () => void;
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
  // Whoever knows it is the cluster's admin, as whoever can read the sandbox's kubeconfig is. A header can't have it: clients
  // send no credentials over plain HTTP.
  const secret = `/${randomUUID()}`;
  let count = 0;
  const server = createServer((incoming, answer) => {
    const { method, headers, url = "" } = incoming;
    if (!url.startsWith(`${secret}/`)) {
      answer.writeHead(404).end();
      return;
    }
    count++;
    const target = new URL(url.slice(secret.length), cluster["server"]);
    const outgoing = request(target, { ...tls, method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      answer.flushHeaders();
      pipeline(reply, answer, () => undefined);
    });
    // Where one side breaks off, so does the other.
    answer.on("close", () => outgoing.destroy());
    pipeline(incoming, outgoing, (error) => {
      if (error) {
        answer.destroy();
      }
    });
  });
  const port = await start(server);
  const counted = {
    ...config,
    clusters: [{ name: "sandbox", cluster: { server: `http://127.0.0.1:${String(port)}${secret}` } }],
    users: [{ name: "admin", user: {} }],
  };
  writeFileSync(file, JSON.stringify(counted), { mode: 0o600 });
  return {
    requests: () => count,
    stop: () => stop(server),
  };
}
