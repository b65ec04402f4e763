import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";

/** How long a server may take to answer, in milliseconds. */
const defaultPatience = 3000;

/**
 * Whether a proxy may stand between this machine and a URL, so that a direct connection tells nothing. By the rule of
 * Go's HTTP client, which the plugins use, loopback never goes through one.
 */
export function isProxied({ protocol, hostname }: URL, environment: NodeJS.ProcessEnv): boolean {
  if (/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)) {
    return false;
  }
  const name = protocol === "http:" ? "HTTP_PROXY" : "HTTPS_PROXY";
  return Boolean(environment[name] ?? environment[name.toLowerCase()]);
}

/** Opens a TCP connection to a URL's host and closes it. Returns why that failed, undefined where it didn't. */
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

/** Sends `GET` and returns the status of the answer, or why none came. */
export function get(url: URL, patience = defaultPatience): Promise<number | string> {
  // The certificate is the plugins' business, with their own list of authorities: nothing secret is sent here.
  const options = { timeout: patience, rejectUnauthorized: false };
  const request = url.protocol === "http:" ? http.get(url, options) : https.get(url, options);
  return new Promise<number | string>((resolve) => {
    request
      .once("response", ({ statusCode = 0 }) => resolve(statusCode))
      .on("error", (error) => resolve(reason(error)))
      .once("timeout", () => resolve(tooSlow(patience)));
  }).finally(() => request.destroy());
}

function tooSlow(patience: number): string {
  return `no answer within ${patience / 1000} s`;
}

/** Where a name has several addresses, the error's own message is empty. */
function reason(error: Error): string {
  return error instanceof AggregateError ? error.errors.map(String).join(", ") : error.message;
}
