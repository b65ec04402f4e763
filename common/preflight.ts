import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";

/** Milliseconds that a server may take to answer. */
const defaultPatience = 3000;

/**
 * Whether the environment names a proxy for a URL. A direct connection then proves nothing. Go's HTTP client, which the
 * plugins use, never sends loopback through a proxy.
 */
export function isProxied({ protocol, hostname }: URL, environment: NodeJS.ProcessEnv): boolean {
  if (/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)) {
    return false;
  }
  const name = protocol === "http:" ? "HTTP_PROXY" : "HTTPS_PROXY";
  return Boolean(environment[name] ?? environment[name.toLowerCase()]);
}

/** Opens a TCP connection to a URL's host and closes it. Returns the reason of a failure, undefined for a success. */
export function connect({ protocol, hostname, port }: URL, patience = defaultPatience): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = net.connect({ host, port: Number(port) || (protocol === "http:" ? 80 : 443), timeout: patience });
  return new Promise<string | undefined>((resolve) => {
    socket
      .once("connect", () => resolve(undefined))
      .once("error", (error) => resolve(reason(error)))
      .once("timeout", () => resolve(tooSlow(patience)));
  }).finally(() => socket.destroy());
}

/** Sends `GET` and returns the status of the answer, or the reason why there is no answer. */
export function get(url: URL, patience = defaultPatience): Promise<number | string> {
  // This request holds no secret. The plugins verify the certificate, with their own list of authorities.
  const options = { timeout: patience, rejectUnauthorized: false };
  const request = url.protocol === "http:" ? http.get(url, options) : https.get(url, options);
  return new Promise<number | string>((resolve) => {
    request
      .once("response", ({ statusCode = 0 }) => resolve(statusCode))
      .on("error", (error) => resolve(reason(error)))
      .once("timeout", () => resolve(tooSlow(patience)));
  }).finally(() => request.destroy());
}

/** Says that a server's time is up. */
export function tooSlow(patience: number): string {
  return `no answer within ${patience / 1000} s`;
}

/** Why a connection failed. If a name has several addresses, Node.js throws an AggregateError with an empty message. */
export function reason(error: Error): string {
  return error instanceof AggregateError ? error.errors.map(String).join(", ") : error.message;
}
