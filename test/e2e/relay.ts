/** `relay.ts SOCKET PORT`, run in the node: what connects to that port of the node's loopback gets to the socket on disk. */
import { forward, loopback } from "../sandbox/forward";

const [path = "", port] = process.argv.slice(2);
forward(loopback(Number(port)), () => ({ path }));
