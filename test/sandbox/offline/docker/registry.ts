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

/** Reads the images behind a reference: those of an index, or the one image that it is. */
export async function readManifests(
  access: RegistryAccess,
  reference: Reference,
  signal: AbortSignal,
): Promise<ImageManifest[]> {
  const base = `${access.origin}/v2/${reference.repository}`;
  const response = await get(`${base}/manifests/${reference.version}`, [...indexTypes, ...imageTypes], access, signal);
  const manifest = await json(response);
  const manifests = objectsAt(manifest, "manifests");
  if (manifests.length > 0 || indexTypes.includes(textAt(manifest, "mediaType"))) {
    return manifests.map(describe);
  }
  const config = await json(
    await get(`${base}/blobs/${textAt(manifest, "config", "digest")}`, ["*/*"], access, signal),
  );
  return [
    {
      architecture: textAt(config, "architecture"),
      os: textAt(config, "os"),
      sha256Digest: response.headers.get("docker-content-digest") ?? reference.version,
      mediaType: response.headers.get("content-type") ?? textAt(manifest, "mediaType"),
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
): Promise<Response> {
  const headers = { accept: accept.join(", ") };
  const basic = basicAuthorization(access);
  let response = await send(url, { ...headers, ...basic }, signal);
  const challenge = parseBearerChallenge(response.headers.get("www-authenticate") ?? "");
  if (response.status === 401 && challenge !== undefined) {
    response = await send(
      url,
      { ...headers, authorization: `Bearer ${await token(challenge, basic, signal)}` },
      signal,
    );
  }
  if (!response.ok) {
    throw new Error(`${url}: the registry answered ${response.status} ${errorOf(await response.text())}`.trim());
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
  const answer = response.ok ? await json(response) : {};
  const found = textAt(answer, "token") || textAt(answer, "access_token");
  if (found === "") {
    throw new Error(`${url.href}: no token from the registry's token server (${response.status})`);
  }
  return found;
}

async function send(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(
      `${url}: the registry can't be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

function basicAuthorization({ username = "", password = "" }: RegistryAccess): Record<string, string> {
  if (username === "") {
    return {};
  }
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

async function json(response: Response): Promise<Value> {
  const body: unknown = await response.json();
  if (!isObject(body)) {
    throw new Error(`${response.url}: the registry's answer is not a JSON object`);
  }
  return body;
}

/** The message of a registry's JSON error, or the start of whatever it sent instead. */
function errorOf(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    const [first] = isObject(answer) ? objectsAt(answer, "errors") : [];
    return `${textAt(first, "code")}: ${textAt(first, "message")}`;
  } catch {
    return body.slice(0, 200);
  }
}
