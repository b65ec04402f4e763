/**
 * Carries TCP connections over a network namespace's border by way of sockets on disk.
 */
import { readFileSync, rmSync } from "node:fs";
import { connect, createServer, type NetConnectOpts, type Server } from "node:net";
import { awsSockets, ecrRegistry, tokenReviewPort } from "../../aws/addresses";
import { ports } from "../../ground/paths";
import { firstNode } from "../../network/cluster-node";
import { files, sockets } from "../../network/sockets";

/** A port of the loopback of the network namespace that this process is in. */
export const loopback = (port: number) => ({ host: "127.0.0.1", port });

/** Takes connections at one end, a path being a socket on disk, and makes one to the other end for each. */
export function forward(from: string | { host: string; port: number }, to: () => NetConnectOpts): Server {
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    const outgoing = connect({ allowHalfOpen: true, ...to() });
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.resetAndDestroy());
  });
  if (typeof from === "string") {
    rmSync(from, { force: true });
    return server.listen(from);
  }
  return server.listen(from);
}

/** The machine's side: its loopback ports lead into the node, and the node's registry port leads out. */
export function forwardOnMachine(): void {
  forward(loopback(ports.apiServer), () => ({ path: sockets.apiServer }));
  forward(loopback(ports.service), () => ({ path: sockets.service }));
  forward(sockets.registry, () => loopback(ports.registry));
}

function serviceAddress(): NetConnectOpts {
  const { hostname, port } = new URL(`http://${readFileSync(files.serviceAddress, "utf8")}`);
  return { host: hostname, port: Number(port || 80) };
}

/** The first node's side of the same. */
function forwardInFirstNode(): void {
  forward(sockets.apiServer, () => loopback(ports.apiServer));
  forward(sockets.service, serviceAddress);
  forward(loopback(ports.registry), () => ({ path: sockets.registry }));
  forward({ host: ecrRegistry.address, port: 443 }, () => ({ path: awsSockets.registry }));
  forward({ host: ecrRegistry.address, port: tokenReviewPort }, () => ({ path: awsSockets.tokenReview }));
}

/** An added node finds API server and registries where the first one has them. */
function forwardInAddedNode(): void {
  forward(loopback(ports.apiServer), () => ({ path: sockets.apiServer }));
  forward(loopback(ports.registry), () => ({ path: sockets.registry }));
  forward({ host: ecrRegistry.address, port: 443 }, () => ({ path: awsSockets.registry }));
}

// Each node has a daemon that runs this file, with the node's name.
if (require.main === module) {
  (process.argv[2] === firstNode.name ? forwardInFirstNode : forwardInAddedNode)();
}
