import { createServer } from "node:net";
import { command } from "./command";
import { Failure } from "./failure";
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

/**
 * Makes sure that nothing else holds a port of the sandbox.
 * @throws {Failure} naming the port and, where it can be seen, the process that holds it.
 */
export async function checkPorts(): Promise<void> {
  for (const [what, port] of Object.entries(ports)) {
    if (await isFree(port)) continue;
    const sockets = await command(["ss", "-Hltnp", `sport = :${String(port)}`]);
    const [, name, pid] = /\("([^"]+)",pid=(\d+)/.exec(sockets) ?? [];
    const holder = name === undefined ? "another process" : `${name} (pid ${pid ?? "?"})`;
    throw new Failure(
      `port ${String(port)} of 127.0.0.1, the sandbox's ${what} port, is taken by ${holder}: stop it and start again`,
    );
  }
}
