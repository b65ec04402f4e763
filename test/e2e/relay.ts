/** `relay.ts SOCKET PORT`, run in the node: what connects to that port of the node's loopback gets to the socket on disk. */
import { spawn } from "node:child_process";
import { forward, loopback } from "../sandbox/forward";
import { inNode } from "../sandbox/machine";

/**
 * Lets the first node's processes reach a port of the machine's loopback under the same address, by way of a socket on
 * disk. Returns what ends this.
 */
export function letNodeReach(port: number, socket: string): () => void {
  const bridge = forward(socket, () => loopback(port));
  const script = [process.execPath, "--import", require.resolve("tsx"), __filename];
  const [file, ...args] = inNode([...script, socket, String(port)]);
  const relay = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"], detached: true });
  return () => {
    if (relay.pid !== undefined) {
      process.kill(-relay.pid, "SIGTERM");
    }
    bridge.close();
  };
}

if (require.main === module) {
  const [path = "", port] = process.argv.slice(2);
  forward(loopback(Number(port)), () => ({ path }));
}
