import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { start } from "../../support/servers";

/** A point in a build that waits for the test: it is reached when the build connects, and passed once that is let go. */
export class Gate {
  private readonly waiting = new Set<Socket>();
  private open = false;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {
    server.on("connection", (socket) => {
      if (this.open) {
        socket.end();
      } else {
        this.waiting.add(socket.on("error", () => this.waiting.delete(socket)));
      }
    });
  }

  static async closed(): Promise<Gate> {
    // Half open: the build has nothing to say, and ends its side at once.
    const server = createServer({ allowHalfOpen: true });
    return new Gate(server, await start(server));
  }

  /** A Dockerfile with this point in its first stage, before anything is compiled; builds share the machine's loopback. */
  within(dockerfile: string): string {
    const wait = `RUN /bin/busybox nc 127.0.0.1 ${String(this.port)} # ${String(performance.now())}, for no cache to know it`;
    const gated = dockerfile.replace(/^WORKDIR .*$/m, `$&\n${wait}`);
    if (gated === dockerfile) {
      throw new Error("the Dockerfile has no WORKDIR to put the gate behind");
    }
    return gated;
  }

  /** Waits until a build stands there. */
  async reached(): Promise<void> {
    if (this.waiting.size === 0) {
      await once(this.server, "connection");
    }
  }

  /** Lets the builds that wait go on, and those that come later. */
  release(): void {
    this.open = true;
    for (const socket of this.waiting) {
      socket.end();
    }
  }

  stop(): void {
    this.release();
    this.server.close();
  }
}
