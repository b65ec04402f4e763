/** `relay.ts FROM TO`, run in the node: what connects to FROM gets to TO. Each is a socket on disk, or an address and a port. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inNode } from "../sandbox/standalone/machine";
import { forward, loopback } from "../sandbox/standalone/node/forward";
import { start, stop } from "./servers";

/** Runs this file in the first node. Returns what ends that. */
function relayInNode(from: string, to: string): () => void {
  const script = [process.execPath, "--import", require.resolve("tsx"), __filename];
  const [file, ...args] = inNode([...script, from, to]);
  const relay = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"], detached: true });
  return () => {
    if (relay.pid !== undefined) {
      process.kill(-relay.pid, "SIGTERM");
    }
  };
}

/**
 * Lets the first node's processes reach a port of the machine's loopback under the same address, by way of a socket on
 * disk. Returns what ends this.
 */
export function letNodeReach(port: number): () => void {
  const directory = mkdtempSync(join(tmpdir(), "ping-relay-"));
  const socket = join(directory, "socket");
  const bridge = forward(socket, () => loopback(port));
  const end = relayInNode(`127.0.0.1:${String(port)}`, socket);
  return () => {
    end();
    bridge.close();
    rmSync(directory, { recursive: true, force: true });
  };
}

/** Starts a server that the machine and the first node reach under the same name, `host`. */
export async function startForNode(server: Server): Promise<{ readonly host: string; readonly stop: () => void }> {
  const port = await start(server);
  const endRelay = letNodeReach(port);
  return {
    host: `localhost:${String(port)}`,
    stop: () => {
      endRelay();
      stop(server);
    },
  };
}

/**
 * Lets the machine's processes reach an address and a port of the cluster at an address of the machine's loopback and the
 * same port, by way of a socket on disk. Returns what ends this.
 */
export function letMachineReach(address: string, port: number, at: string): () => void {
  const directory = mkdtempSync(join(tmpdir(), "ping-relay-"));
  const socket = join(directory, "socket");
  const end = relayInNode(socket, `${address}:${String(port)}`);
  const bridge = forward({ host: at, port }, () => ({ path: socket }));
  return () => {
    end();
    bridge.close();
    rmSync(directory, { recursive: true, force: true });
  };
}

if (require.main === module) {
  const [from = "", to = ""] = process.argv.slice(2);
  const [, host = "", port] = /^([\d.]+):(\d+)$/.exec(from) ?? [];
  const [, toHost = "", toPort] = /^([\d.]+):(\d+)$/.exec(to) ?? [];
  forward(port === undefined ? from : { host, port: Number(port) }, () =>
    toPort === undefined ? { path: to } : { host: toHost, port: Number(toPort) },
  );
}
