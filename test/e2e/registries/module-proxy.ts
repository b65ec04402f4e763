import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../sandbox/ground/paths";
import { pki } from "../../sandbox/network/pki";
import { succeed } from "../../support/execute";
import { start, stop } from "../../support/servers";

/** A Go module proxy behind a password, on the machine's loopback, which builds share. It has one module. */
export class ModuleProxy {
  /** Answers to requests that had the password. */
  answered = 0;

  private constructor(
    private readonly server: Server,
    /** `host:port`, as a `machine` in `.netrc` wants it. */
    readonly host: string,
    /** What it has, by the end of the URL's path. */
    files: Readonly<Record<string, string | Buffer>>,
    private password: string,
  ) {
    server.on("request", ({ url = "", headers }, response) => {
      const content = Object.entries(files).find(([path]) => url.endsWith(path))?.[1];
      if (headers.authorization !== `Basic ${this.credentials}`) {
        response.writeHead(401).end();
      } else {
        this.answered += 1;
        response.writeHead(content === undefined ? 404 : 200).end(content);
      }
    });
  }

  /** @param directory The module's, below the checkout. It is taken from the last commit. */
  static async start(module: string, directory: string, password: string): Promise<ModuleProxy> {
    const temporary = mkdtempSync(join(tmpdir(), "ping-e2e-module-"));
    const zip = join(temporary, "zip");
    const archive = ["git", "archive", "--format=zip", `--prefix=${module}@v1.0.0/`, `--output=${zip}`] as const;
    await succeed([...archive, `HEAD:${directory}`], { cwd: checkout });
    const files = {
      [`/${module}/@v/v1.0.0.info`]: JSON.stringify({ Version: "v1.0.0" }),
      [`/${module}/@v/v1.0.0.mod`]: readFileSync(join(checkout, directory, "go.mod")),
      [`/${module}/@v/v1.0.0.zip`]: readFileSync(zip),
    };
    rmSync(temporary, { recursive: true });
    // Go sends a password over HTTPS alone. This certificate is valid for the loopback.
    const server = createServer({ cert: readFileSync(pki.apiServer), key: readFileSync(pki.apiServerKey) });
    return new ModuleProxy(server, `127.0.0.1:${await start(server)}`, files, password);
  }

  /** What clients send. */
  get credentials(): string {
    return Buffer.from(`ci:${this.password}`).toString("base64");
  }

  /** The text for `.netrc`. */
  get netrc(): string {
    return `machine ${this.host} login ci password ${this.password}`;
  }

  /** Takes this password alone from now on. */
  change(password: string): void {
    this.password = password;
  }

  stop(): void {
    stop(this.server);
  }
}
