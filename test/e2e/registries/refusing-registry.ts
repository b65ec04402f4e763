import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { loopback } from "../../sandbox/standalone/node/forward";
import { passOn } from "../../support/pass-on";

/** Gives `work` the address of the sandbox's registry as a role sees it that may not read these paths: it gets 403. */
export async function withRefusals<T>(refused: RegExp, work: (host: string) => Promise<T>): Promise<T> {
  const server = createServer((incoming, answer) => {
    if (refused.test(incoming.url ?? "")) {
      answer.writeHead(403, { "content-type": "application/json" }).end('{"errors":[{"code":"DENIED"}]}');
      return;
    }
    passOn(incoming, answer);
  }).listen(loopback(0));
  await once(server, "listening");
  try {
    return await work(`localhost:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
