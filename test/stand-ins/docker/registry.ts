import * as http from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import * as https from "node:https";
import { text } from "node:stream/consumers";
import { isObject, objectsAt, type Properties, textAt, type Value } from "../values";
import type { Reference } from "./reference";

/** A registry to talk to, and as whom. */
export interface RegistryAccess {
  /** `https://host[:port]`, or `http://…` for a registry without TLS. */
  readonly origin: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** One image of an index, in the shape of `getRegistryImageManifests`. */
export interface ImageManifest {
  /** Such as `arm64`; `unknown` for an attestation. */
  readonly architecture: string;
  /** Such as `linux`; `unknown` for an attestation. */
  readonly os: string;
  /** `sha256:…` of the manifest. */
  readonly sha256Digest: string;
  readonly mediaType: string;
}

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const imageTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Milliseconds that a registry may take to answer. */
const patience = 30_000;

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Reads the images behind a reference: those of an index, or the one image that it is. */
export async function readManifests(
  access: RegistryAccess,
  reference: Reference,
  signal: AbortSignal,
): Promise<ImageManifest[]> {
  const base = `${access.origin}/v2/${reference.repository}`;
  const response = await get(`${base}/manifests/${reference.version}`, [...indexTypes, ...imageTypes], access, signal);
  const manifest = json(response);
  const manifests = objectsAt(manifest, "manifests");
  if (manifests.length > 0 || indexTypes.includes(textAt(manifest, "mediaType"))) {
    return manifests.map(describe);
  }
  const config = json(await get(`${base}/blobs/${textAt(manifest, "config", "digest")}`, ["*/*"], access, signal));
  return [
    {
      architecture: textAt(config, "architecture"),
      os: textAt(config, "os"),
      sha256Digest: response.headers["docker-content-digest"]?.toString() ?? reference.version,
      mediaType: response.headers["content-type"] ?? textAt(manifest, "mediaType"),
    },
  ];
}

/** An entry of an index as the Docker provider reports it. */
export function describe(entry: Properties): ImageManifest {
  return {
    architecture: textAt(entry, "platform", "architecture"),
    os: textAt(entry, "platform", "os"),
    sha256Digest: textAt(entry, "digest"),
    mediaType: textAt(entry, "mediaType"),
  };
}

/**
 * The parameters of a `WWW-Authenticate: Bearer realm="…",service="…",scope="…"` challenge, or undefined for any other
 * kind (distribution specification, token authentication).
 */
export function parseBearerChallenge(header: string): Record<string, string> | undefined {
  if (!/^bearer\s/i.test(header)) {
    return undefined;
  }
  return Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
}

async function get(
  url: string,
  accept: readonly string[],
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<Answer> {
  const headers = { accept: accept.join(", ") };
  const basic = basicAuthorization(access);
  let response = await send(url, { ...headers, ...basic }, signal);
  const challenge = parseBearerChallenge(response.headers["www-authenticate"] ?? "");
  if (response.status === 401 && challenge !== undefined) {
    response = await send(
      url,
      { ...headers, authorization: `Bearer ${await token(challenge, basic, signal)}` },
      signal,
    );
  }
  if (response.status !== 200) {
    throw new Error(`${url}: the registry answered ${response.status} ${errorOf(response.body)}`.trim());
  }
  return response;
}

async function token(
  challenge: Record<string, string>,
  basic: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const { realm = "", ...query } = challenge;
  if (!URL.canParse(realm)) {
    throw new Error(`the registry asks for a token from "${realm}", which is not a URL`);
  }
  const url = new URL(realm);
  for (const key of ["service", "scope"]) {
    const value = query[key];
    if (value !== undefined) {
      url.searchParams.set(key, value);
    }
  }
  const response = await send(url.href, basic, signal);
  const answer = response.status === 200 ? json(response) : {};
  const found = textAt(answer, "token") || textAt(answer, "access_token");
  if (found === "") {
    throw new Error(`${url.href}: no token from the registry's token server (${response.status})`);
  }
  return found;
}

/** Follows redirects, as a registry answers with for blobs that lie elsewhere; credentials stay with their origin. */
async function send(url: string, headers: Record<string, string>, signal: AbortSignal, hops = 5): Promise<Answer> {
  const response = await exchange(url, headers, signal).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${url}: the registry can't be reached: ${reason}`, { cause: error });
  });
  const { statusCode: status = 0, headers: answered } = response;
  if (status >= 300 && status < 400 && answered.location !== undefined && hops > 0) {
    response.resume();
    const next = new URL(answered.location, url);
    const { authorization, ...open } = headers;
    const kept = next.origin === new URL(url).origin && authorization !== undefined ? headers : open;
    return send(next.href, kept, signal, hops - 1);
  }
  return { url, status, headers: answered, body: await text(response) };
}

/** Not `fetch`: its first call compiles WebAssembly, a tenth of a second of every preview. */
function exchange(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.startsWith("http://") ? http.get : https.get;
  const options = { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) };
  return new Promise((resolve, reject) => request(url, options, resolve).on("error", reject));
}

function basicAuthorization({ username = "", password = "" }: RegistryAccess): Record<string, string> {
  if (username === "") {
    return {};
  }
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

function json({ url, body }: Answer): Value {
  const value = parse(body);
  if (!isObject(value)) {
    throw new Error(`${url}: the registry's answer is not a JSON object`);
  }
  return value;
}

/** The message of a registry's JSON error, or the start of whatever it sent instead. */
function errorOf(body: string): string {
  const answer = parse(body);
  if (!isObject(answer)) {
    return body.slice(0, 200);
  }
  const [first] = objectsAt(answer, "errors");
  return `${textAt(first, "code")}: ${textAt(first, "message")}`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
