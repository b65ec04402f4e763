import { createServer, type Server } from "node:http";
import { passOn } from "../../support/pass-on";
import { startForNode } from "../../support/relay";

/**
 * The sandbox's registry behind a password, as HTTP's Basic scheme has it. Nodes pull from it under the same name as it
 * is pushed to, `localhost:<port>`.
 */
export class PasswordRegistry {
  readonly username = "robot";
  /** How often it was asked with a right password, by the client's name. */
  readonly admitted = new Map<string, number>();

  private constructor(
    private readonly server: Server,
    readonly host: string,
    /** The only one that is right; a test may change it. */
    public password: string,
    private readonly openToNodes: boolean,
    readonly stop: () => void,
  ) {}

  /** @param openToNodes Whether nodes pull without the password, as from a cloud's own registry. */
  static async create(password: string, openToNodes = false): Promise<PasswordRegistry> {
    const server = createServer();
    const { host, stop } = await startForNode(server);
    const registry = new PasswordRegistry(server, host, password, openToNodes, stop);
    registry.serve();
    return registry;
  }

  /** User and password as `docker login` writes them. */
  get auth(): string {
    return Buffer.from(`${this.username}:${this.password}`).toString("base64");
  }

  private serve(): void {
    this.server.on("request", (asked, response) => {
      const { authorization, "user-agent": userAgent = "" } = asked.headers;
      const [client = ""] = userAgent.split("/");
      if (authorization !== `Basic ${this.auth}` && !(this.openToNodes && client === "containerd")) {
        asked.resume();
        response.writeHead(401, { "www-authenticate": 'Basic realm="e2e"' }).end();
        return;
      }
      this.admitted.set(client, (this.admitted.get(client) ?? 0) + 1);
      passOn(asked, response);
    });
  }
}
