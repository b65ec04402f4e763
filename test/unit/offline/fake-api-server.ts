import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject, objectAt, type Properties, textAt } from "../../sandbox/offline/values";

/** A request as the API server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** As much of a Kubernetes API server as the provider's tests need: objects by path, kept in memory. */
export class FakeApiServer {
  /** Every request, oldest first. */
  readonly seen: Seen[] = [];
  /** Objects and lists by their URL path. */
  readonly objects = new Map<string, Properties>();
  /** Plays the controllers: what becomes of an object once it is stored. */
  control: (object: Properties) => Properties = (object) => object;
  /** A refusal for every apply, as the API server's `Status`. */
  refusal: Properties | undefined;

  private readonly server: Server;
  private revision = 0;

  private constructor() {
    this.server = createServer((request, response) => {
      void this.answer(request, response);
    });
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await new Promise<void>((resolve) => fake.server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  /** A kubeconfig with the one context `fake`. */
  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo;
    return JSON.stringify({
      "current-context": "fake",
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "fake", context: { cluster: "c", user: "u", namespace: "from-context" } }],
    });
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake");
    const body = await readBody(request);
    const query = Object.fromEntries(searchParams);
    this.seen.push({ method: request.method ?? "", path: pathname, query });
    const { status, object } = this.handle(request.method ?? "", pathname, query, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(object));
  }

  private handle(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body: Properties,
  ): { status: number; object: Properties } {
    const stored = this.objects.get(path);
    if (method === "PATCH") {
      return this.refusal === undefined ? this.apply(path, query, body, stored) : { status: 422, object: this.refusal };
    }
    if (stored === undefined) {
      const object = { kind: "Status", reason: "NotFound", code: 404, message: `${path} not found` };
      return { status: 404, object };
    }
    if (method === "DELETE") {
      this.objects.delete(path);
    }
    return { status: 200, object: stored };
  }

  private apply(
    path: string,
    query: Readonly<Record<string, string>>,
    body: Properties,
    stored: Properties | undefined,
  ): { status: number; object: Properties } {
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    if (namespace === "missing") {
      const object = { kind: "Status", reason: "NotFound", code: 404, message: `namespaces "${namespace}" not found` };
      return { status: 404, object };
    }
    this.revision += 1;
    const uid = textAt(stored, "metadata", "uid") || `uid-${this.revision}`;
    const managed = {
      uid,
      resourceVersion: String(this.revision),
      managedFields: [{ manager: query["fieldManager"] ?? "" }],
    };
    const object = { ...body, metadata: { ...objectAt(body, "metadata"), ...managed } };
    if (query["dryRun"] === undefined) {
      this.objects.set(path, this.control(object));
    }
    return { status: 200, object };
  }
}

async function readBody(request: IncomingMessage): Promise<Properties> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    if (Buffer.isBuffer(chunk)) {
      chunks.push(chunk);
    }
  }
  const body: unknown = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
  return isObject(body) ? body : {};
}
