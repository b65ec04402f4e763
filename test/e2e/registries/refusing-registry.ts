import { createServer } from "node:http";
import { passOn } from "../../support/pass-on";
import { start, stop } from "../../support/servers";

/** Gives `work` the address of the sandbox's registry as a role sees it that may not read these paths: it gets 403. */
export async function withRefusals<T>(refused: RegExp, work: (host: string) => Promise<T>): Promise<T> {
  const server = createServer((incoming, answer) => {
    if (refused.test(incoming.url ?? "")) {
      answer.writeHead(403, { "content-type": "application/json" }).end('{"errors":[{"code":"DENIED"}]}');
      return;
    }
    passOn(incoming, answer);
  });
  try {
    return await work(`localhost:${await start(server)}`);
  } finally {
    stop(server);
  }
}
