import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { ports } from "../sandbox/ground/paths";
import { loopback } from "../sandbox/standalone/node/forward";

/** Answers a request with what the sandbox's registry says to it. */
export function passOn(incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url: path, headers } = incoming;
  const onwards = request({ ...loopback(ports.registry), method, path, headers }, (from) => {
    from.pipe(answer.writeHead(from.statusCode ?? 502, from.headers));
  });
  onwards.on("error", () => answer.destroy());
  // A client may stop reading a blob before its end. The rest would keep this process from ending.
  answer.on("close", () => onwards.destroy());
  incoming.pipe(onwards);
}
