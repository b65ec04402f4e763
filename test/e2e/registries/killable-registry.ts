import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually";
import { succeed } from "../../support/execute";
import { letNodeReach } from "../../support/relay";
import { unusedPort } from "../../support/servers";

/**
 * A registry that a test may kill. The sandbox's own would forget every manifest, the base image's among them: it keeps
 * those in memory. Nodes pull from it under the same name as it is pushed to, `localhost:<port>`.
 */
export class KillableRegistry {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    readonly port: number,
    private readonly endRelay: () => void,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create(env: NodeJS.ProcessEnv): Promise<KillableRegistry> {
    const directory = mkdtempSync(join(tmpdir(), "ping-e2e-registry-"));
    const port = await unusedPort();
    const registry = new KillableRegistry(directory, port, letNodeReach(port), env);
    await registry.start();
    return registry;
  }

  /** `host:port/path` of the one repository in it. */
  get repository(): string {
    return `localhost:${String(this.port)}/ping`;
  }

  async start(): Promise<void> {
    const blobs = join(this.directory, "blobs");
    mkdirSync(blobs, { recursive: true });
    const args = ["--address", `127.0.0.1:${String(this.port)}`, "--disk", blobs];
    this.server = spawn("crane", ["registry", "serve", ...args], { env: this.env, stdio: "ignore" });
    await eventually("the test's registry answers", async () => {
      const answer = await fetch(`http://127.0.0.1:${String(this.port)}/v2/`).catch(() => undefined);
      return answer?.ok || undefined;
    });
  }

  /** Removes an image by its digest, and every tag: other registries take those along that lead to the digest. */
  async forget(image: string): Promise<void> {
    const tags = (await succeed(["crane", "ls", this.repository], { env: this.env })).trim().split("\n");
    for (const reference of [...tags.map((tag) => `${this.repository}:${tag}`), image]) {
      await succeed(["crane", "delete", reference], { env: this.env });
    }
  }

  /** From now on it takes connections, and reads nothing from them. */
  freeze(): void {
    this.server?.kill("SIGSTOP");
  }

  /** Waits until someone has sent something that it hasn't read. */
  async isTalkedTo(): Promise<void> {
    await eventually("a request to the test's registry", () => hasUnreadBytes(this.port) || undefined);
  }

  async kill(): Promise<void> {
    const ended = this.server && once(this.server, "exit");
    this.server?.kill("SIGKILL");
    await ended;
    this.server = undefined;
  }

  async remove(): Promise<void> {
    this.endRelay();
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Whether a connection to a port of this network namespace's loopback has bytes that nobody has read (proc(5), net/tcp). */
function hasUnreadBytes(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, from = "", , state, queues = ""]) => from.endsWith(local) && state === "01" && !queues.endsWith(":00000000"),
    );
}
