import { createServer } from "node:net";
import { command } from "./command";
import { Failure } from "../../infra/base";
import { ports } from "./paths";

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen({ host: "127.0.0.1", port }, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}

/** Who holds a port of 127.0.0.1, as far as it can be seen; undefined for a free one. */
export async function holderOf(port: number): Promise<string | undefined> {
  if (await isFree(port)) {
    return undefined;
  }
  const sockets = await command(["ss", "-Hltnp", `sport = :${String(port)}`]);
  const [, name, pid] = /\("([^"]+)",pid=(\d+)/.exec(sockets) ?? [];
  return name === undefined || pid === undefined ? "another process" : `${name} (pid ${pid})`;
}

/**
 * Makes sure that nothing else holds a port of the sandbox.
 * @throws {Failure} naming the port and, where it can be seen, the process that holds it.
 */
export async function checkPorts(): Promise<void> {
  for (const [what, port] of Object.entries(ports)) {
    const holder = await holderOf(port);
    if (holder !== undefined) {
      throw new Failure(
        `port ${String(port)} of 127.0.0.1, the sandbox's ${what} port, is taken by ${holder}: stop it and start again`,
      );
    }
  }
}
