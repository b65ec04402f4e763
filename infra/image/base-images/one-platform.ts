import { text } from "node:stream/consumers";
import { z } from "zod";
import { askRegistry, type Login, type Repository } from "../../../common";
import { findManifest } from "../manifests";

/**
 * Says for which platforms the build takes a base image that has another platform alone. BuildKit builds nevertheless,
 * and says so for its first platform only. It can be meant: files without a program fit every platform.
 *
 * @param name The image as the subject of a sentence.
 * @param platforms What the build takes the image for.
 * @returns Undefined for an image that fits, and where the registry doesn't tell. The build itself needs no such answer.
 */
export async function onePlatformWarning(
  name: string,
  platforms: readonly string[],
  repository: Repository,
  digest: string,
  login: Login | undefined,
): Promise<string | undefined> {
  const only =
    platforms.length === 0 ? undefined : await onlyPlatform(repository, digest, login).catch(() => undefined);
  const others = platforms.filter((platform) => platform !== only);
  return only === undefined || others.length === 0
    ? undefined
    : `${name} is for ${only} alone, and the build takes it for ${others.join(", ")}, where its programs can't run. ` +
        "Name an image, or the digest of an index, that has every platform. If the stage only compiles, write " +
        "FROM --platform=$BUILDPLATFORM.";
}

const manifest = z.object({ config: z.object({ digest: z.string() }) });
const config = z.object({ os: z.string(), architecture: z.string() });

/** The platform of an image, `os/architecture`. Undefined for an index. */
async function onlyPlatform(repository: Repository, digest: string, login: Login | undefined) {
  if ((await findManifest(repository, digest, login)).isIndex) {
    return undefined;
  }
  const read = async (what: `manifests/${string}` | `blobs/${string}`): Promise<unknown> =>
    JSON.parse((await askRegistry("GET", repository, what, login, text)).body);
  const { digest: blob } = manifest.parse(await read(`manifests/${digest}`)).config;
  const { os, architecture } = config.parse(await read(`blobs/${blob}`));
  return `${os}/${architecture}`;
}
