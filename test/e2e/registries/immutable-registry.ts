import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { ports } from "../../sandbox/ground/paths";
import { loopback } from "../../sandbox/standalone/node/forward";
import { passOn } from "../../support/pass-on";
import { startForNode } from "../../support/relay";

/**
 * The sandbox's registry as one whose tags can't be moved: it refuses the manifest of a tag that exists, as ECR does. Nodes pull
 * from it under the same name as it is pushed to, `localhost:<port>`.
 */
export class ImmutableRegistry {
  /** Every tag that was put. */
  readonly tagged: string[] = [];
  private pair: Promise<void> | undefined;
  private isFirst = true;
  private complete: () => void = () => undefined;

  private constructor(
    readonly host: string,
    readonly stop: () => void,
  ) {}

  static async start(): Promise<ImmutableRegistry> {
    const server = createServer();
    const { host, stop } = await startForNode(server);
    const registry = new ImmutableRegistry(host, stop);
    server.on("request", (incoming, answer) => {
      void registry.refuses(incoming).then((refused) => {
        if (refused) {
          answer.writeHead(400).end('{"errors":[{"code":"TAG_INVALID"}]}');
          return;
        }
        passOn(incoming, answer);
      });
    });
    return registry;
  }

  /** The next two questions for a tag are answered together, so that neither stack hears of the other's image. */
  answerTogether(): void {
    this.pair = new Promise((resolve) => (this.complete = resolve));
  }

  private async refuses({ method, url = "" }: IncomingMessage): Promise<boolean> {
    const [, tag] = /\/manifests\/([0-9a-f]{16})$/.exec(url) ?? [];
    if (tag === undefined) {
      return false;
    }
    if (method === "HEAD" && this.pair !== undefined) {
      await this.meet(this.pair);
    }
    if (method !== "PUT") {
      return false;
    }
    const [there] = (await once(
      request({ ...loopback(ports.registry), method: "HEAD", path: url }).end(),
      "response",
    )) as [IncomingMessage];
    there.resume();
    if (there.statusCode === 200) {
      return true;
    }
    this.tagged.push(tag);
    return false;
  }

  /** The first to come waits for the second. */
  private async meet(pair: Promise<void>): Promise<void> {
    if (this.isFirst) {
      this.isFirst = false;
      await pair;
    } else {
      this.pair = undefined;
      this.complete();
    }
  }
}
