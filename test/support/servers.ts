import * as net from "node:net";
import type { TestContext } from "node:test";

/** Starts a server on a free loopback port, which is returned, and closes it with the test. */
export async function listen(test: TestContext, server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => server.close());
  return portOf(server);
}

/** A loopback port that nothing listens on. */
export async function unusedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error(`a server on a port, not on ${String(address)}`);
  }
  return address.port;
}
