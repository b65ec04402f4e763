import * as http from "node:http";
import * as https from "node:https";
import { text } from "node:stream/consumers";
import { isProxied, reason, tooSlow } from "./preflight";

/** What a request does. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE";

/** A server's answer, with its body as text or as whatever was made of it. */
export interface Answer<Body = string> {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Body;
}

/**
 * Sends a request without a body. The environment's proxy is used where Node.js can do so, from 22.21 and 24.5 on.
 *
 * `fetch` would do this too, but loading it takes 0.1 s of every preview.
 *
 * @param patience Milliseconds until the whole answer must be there.
 * @throws Error if there is no answer. Its message is the reason alone.
 */
export function request(
  method: Method,
  url: URL,
  headers: http.OutgoingHttpHeaders = {},
  patience = 10_000,
): Promise<Answer> {
  return requestAndRead(method, url, headers, patience, text);
}

/**
 * Like {@link request}, for an answer that isn't a text.
 *
 * @param read Makes something of the answer's body. It may stop before the body's end, which ends the transfer.
 * @param sent The request's own body.
 */
export async function requestAndRead<Body>(
  method: Method,
  url: URL,
  headers: http.OutgoingHttpHeaders,
  patience: number,
  read: (response: http.IncomingMessage) => Promise<Body>,
  sent?: Buffer,
): Promise<Answer<Body>> {
  const proxied = isProxied(url, process.env);
  const signal = AbortSignal.timeout(patience);
  const options = { method, headers, signal, ...(proxied ? { agent: proxyAgent(url) } : {}) };
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const { request: send } = url.protocol === "http:" ? http : https;
      send(url, options, resolve).on("error", reject).end(sent);
    });
    const body = await read(response).finally(() => response.destroy());
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  } catch (error) {
    const cause = signal.aborted ? tooSlow(patience) : error instanceof Error ? reason(error) : String(error);
    throw new Error(proxied && !knowsProxies() ? `${cause} (Node.js uses a proxy only from 22.21 and 24.5 on)` : cause);
  }
}

/** An older Node.js doesn't know `proxyEnv`, and its types don't either. */
function proxyAgent({ protocol }: URL): http.Agent {
  const options = { keepAlive: false, proxyEnv: process.env };
  return protocol === "http:" ? new http.Agent(options) : new https.Agent(options);
}

function knowsProxies(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}
