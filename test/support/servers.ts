import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import type { TestContext } from "node:test";

/** Starts a server on a free loopback port, which is returned. */
export async function start(server: net.Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error(`a server on a port, not on ${String(address)}`);
  }
  return address.port;
}

/** Ends a server with the connections that its clients keep. */
export function stop(server: Pick<http.Server, "close" | "closeAllConnections">): void {
  server.close();
  server.closeAllConnections();
}

/** Starts a server on a free loopback port, which is returned, and closes it with the test. */
export async function listen(test: TestContext, server: net.Server): Promise<number> {
  test.after(() => server.close());
  return start(server);
}

/** The loopback port of a server that answers every request with 200 until the test ends. */
export const answering = (test: TestContext): Promise<number> =>
  listen(
    test,
    http.createServer((_, response) => response.end()),
  );

/** A loopback port that nothing listens on. */
export async function unusedPort(): Promise<number> {
  const server = net.createServer();
  const port = await start(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
