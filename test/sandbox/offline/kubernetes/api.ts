import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isObject, numberAt, type Properties, textAt } from "../values";
import type { Cluster } from "./kubeconfig";

/** What is sent besides method and path. */
export interface ApiRequest {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Properties;
  /** `application/json` unless said otherwise. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** An answer of the API server. */
export interface ApiResponse {
  readonly object: Properties;
  /** What the server warns about, such as a deprecated API version. */
  readonly warnings: readonly string[];
}

/** A refusal of the API server, with the server's own message. */
export class ApiError extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** The machine-readable reason, such as `NotFound`. */
  readonly reason: string;

  constructor(status: number, answer: Properties, text: string) {
    super(textAt(answer, "message") || text || `HTTP ${status}`);
    this.status = numberAt(status, answer, "code");
    this.reason = textAt(answer, "reason");
  }
}

/** The API server did not answer, or broke off in the middle. */
export class ClusterUnreachable extends Error {
  /** Whether it may answer in a moment: it is not there, rather than there and not trusted. */
  readonly transient: boolean;

  constructor(cluster: Cluster, cause: NodeJS.ErrnoException) {
    const { context, server } = cluster;
    super(`the Kubernetes cluster of context "${context}" at ${server.origin} is unreachable: ${cause.message}`, {
      cause,
    });
    this.transient = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(cause.code ?? "");
  }
}

/**
 * Whether the API server may answer in a moment: it is away, starts, or has too much to do. client-go waits out the same
 * statuses where they come with Retry-After.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ClusterUnreachable) {
    return error.transient;
  }
  return error instanceof ApiError && (error.status === 429 || error.status >= 500);
}

/** How long the API server may stay silent, in milliseconds: its own limit for a request is 60 s. */
const silence = 60_000;

/** A small client for one cluster's REST API, over connections that are kept. */
export class ApiServer {
  readonly cluster: Cluster;
  private readonly agent: HttpAgent;
  private readonly secure: boolean;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.secure = cluster.server.protocol === "https:";
    this.agent = this.secure ? new HttpsAgent({ keepAlive: true, ...cluster.tls }) : new HttpAgent({ keepAlive: true });
  }

  /** One request; rejects with `ApiError`, `ClusterUnreachable`, or the reason of the signal. */
  async request(method: string, path: string, options: ApiRequest = {}): Promise<ApiResponse> {
    const { text, warnings } = await this.answer(method, path, options);
    return { object: parseObject(text), warnings };
  }

  /** The text at a path, such as a container's log. */
  async text(path: string, options: ApiRequest = {}): Promise<string> {
    return (await this.answer("GET", path, options)).text;
  }

  /** Closes the connections. */
  close(): void {
    this.agent.destroy();
  }

  private async answer(
    method: string,
    path: string,
    options: ApiRequest,
  ): Promise<{ text: string; warnings: string[] }> {
    const response = await this.send(method, path, options);
    const text = await readText(response).catch((error: unknown) => {
      const cause = error instanceof Error ? error : new Error(String(error));
      throw options.signal?.aborted ? abortReason(options.signal) : new ClusterUnreachable(this.cluster, cause);
    });
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      throw new ApiError(status, parseObject(text), text);
    }
    return { text, warnings: parseWarnings(response.headers["warning"]) };
  }

  private send(method: string, path: string, options: ApiRequest): Promise<IncomingMessage> {
    const { server, authorization } = this.cluster;
    const url = new URL(server.href.replace(/\/$/, "") + path);
    url.search = new URLSearchParams(options.query).toString();
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers = {
      accept: "application/json",
      ...(authorization !== "" && { authorization }),
      ...(body !== undefined && {
        "content-type": options.contentType ?? "application/json",
        "content-length": Buffer.byteLength(body),
      }),
    };
    const { signal } = options;
    const request = { method, headers, agent: this.agent, ...(signal && { signal }) };
    return this.exchange(url, request, body);
  }

  private exchange(url: URL, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = (this.secure ? httpsRequest : httpRequest)(url, options, resolve);
      request.setTimeout(silence, () => {
        request.destroy(Object.assign(new Error(`no answer within ${silence / 1000} s`), { code: "ETIMEDOUT" }));
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (options.signal?.aborted) {
          reject(abortReason(options.signal));
        } else if (request.reusedSocket && error.code === "ECONNRESET") {
          // The server may close a kept connection at the very moment of its reuse. All that is sent is idempotent.
          resolve(this.exchange(url, options, body));
        } else {
          reject(new ClusterUnreachable(this.cluster, error));
        }
      });
      request.end(body);
    });
  }
}

/** Why a signal was aborted, as an error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    if (Buffer.isBuffer(chunk)) {
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseObject(text: string): Properties {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** The texts of `Warning: 299 - "text"` headers (RFC 7234, section 5.5). */
function parseWarnings(header: string | undefined): string[] {
  return [...(header ?? "").matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
    text.replace(/\\(.)/g, "$1"),
  );
}
