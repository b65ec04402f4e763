import { connect, createServer } from "node:net";
import { Failure } from "../../../common";
import { run } from "./run";
import { ports } from "./paths";
import { which } from "./which";

/** Whether a connection is taken. On macOS a port of all addresses can be had once more for one address. */
function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", () => {
      resolve(false);
    });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function isFree(port: number): Promise<boolean> {
  return !(await isAnswered(port)) && (await canListen(port));
}

function canListen(port: number): Promise<boolean> {
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
  const { name, pid } = (await listener(port)) ?? {};
  return name === undefined || pid === undefined ? "another process" : `${name} (pid ${pid})`;
}

/** The process that listens on a port, as far as Linux's ss or macOS's lsof shows it to this user. */
async function listener(port: number): Promise<Partial<Record<"name" | "pid", string>> | undefined> {
  if (which("ss") !== undefined) {
    const sockets = await run(["ss", "-Hltnp", `sport = :${String(port)}`]);
    return /\("(?<name>[^"]+)",pid=(?<pid>\d+)/.exec(sockets)?.groups;
  }
  if (which("lsof") !== undefined) {
    // It ends with 1 where it sees none.
    const list = ["lsof", "-nP", `-iTCP:${String(port)}`, "-sTCP:LISTEN", "-Fpc"].join(" ");
    return /^p(?<pid>\d+)\nc(?<name>.+)$/m.exec(await run(["sh", "-c", `${list} || true`]))?.groups;
  }
  return undefined;
}

/**
 * Makes sure that nothing else holds a port of the sandbox.
 * @throws Failure naming the port and, where it can be seen, the process that holds it.
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
