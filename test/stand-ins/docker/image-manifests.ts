import * as http from "node:http";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { text } from "node:stream/consumers";
import { isObject, objectsAt, type Properties, textAt } from "../values";

/** What a digest may lead to. A registry may answer 404 for a type that isn't accepted, although only an index is read. */
const mediaTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Milliseconds that a registry may take to answer. */
const patience = 30_000;

/**
 * `getRegistryImageManifests` of `@pulumi/docker`: the images of an index, attestations among them. `authConfig.address`
 * is where the registry's API is. Errors are in the real provider's words, which `infra/` and `docs/faults.md` know.
 *
 * @throws Error for a name other than `HOST/PATH:TAG@DIGEST`, for a registry that doesn't answer with 200, and for the
 * manifest of a single image.
 */
export async function getRegistryImageManifests(args: Properties, signal: AbortSignal): Promise<Properties> {
  const name = textAt(args, "name");
  const [, path, digest] = /^[^/@]+\/([^:@]+):[^:@]+@(sha256:[0-9a-f]{64})$/.exec(name) ?? [];
  if (path === undefined || digest === undefined) {
    // The real provider reads other names, but takes `@sha256` for part of the path where there is no tag.
    throw new Error(`"${name}" is not HOST/PATH:TAG@sha256:DIGEST: the Docker stand-in looks up nothing else`);
  }
  const url = `${textAt(args, "authConfig", "address")}/v2/${path}/manifests/${digest}`;
  const authorization = basicAuthorization(
    textAt(args, "authConfig", "username"),
    textAt(args, "authConfig", "password"),
  );
  const answer: unknown = JSON.parse(await get(url, { accept: mediaTypes.join(", "), ...authorization }, signal));
  const manifests = isObject(answer) ? objectsAt(answer, "manifests") : [];
  if (manifests.length === 0) {
    throw new Error(`${url}: unsupported manifest response`);
  }
  return { id: `${path}:${digest}`, name, manifests: manifests.map(describe) };
}

function describe(entry: Properties): Properties {
  return {
    architecture: textAt(entry, "platform", "architecture"),
    os: textAt(entry, "platform", "os"),
    sha256Digest: textAt(entry, "digest"),
    mediaType: textAt(entry, "mediaType"),
  };
}

function basicAuthorization(username: string, password: string): Record<string, string> {
  return username === "" ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

async function get(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<string> {
  const response = await request(url, headers, signal).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${url}: error during registry request: ${reason}`, { cause: error });
  });
  const body = await text(response);
  if (response.statusCode !== 200) {
    throw new Error(`${url}: got bad response from registry: ${response.statusCode} ${response.statusMessage}`);
  }
  return body;
}

/** Not `fetch`: its first call compiles WebAssembly, a tenth of a second of every preview. */
function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const send = url.startsWith("http://") ? http.get : https.get;
  const options = { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) };
  return new Promise((resolve, reject) => send(url, options, resolve).on("error", reject));
}
