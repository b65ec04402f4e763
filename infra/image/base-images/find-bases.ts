import * as fs from "node:fs";
import {
  dockerLogin,
  Failure,
  familiarName,
  type Image,
  type Login,
  messageOf,
  type Platform,
  RegistryError,
} from "../../../common";
import type { BuildSource, PinnedSource } from "../../config";
import type { FoundRegistry } from "../../registry";
import { withBases } from "../dockerfile";
import { findManifest } from "../manifests";
import { type BaseImage, basesOf } from "./bases";
import { onePlatformWarning } from "./one-platform";

/** A base image by digest. */
interface FoundBase {
  /** The image of the Dockerfile, in the form in which BuildKit looks up a named context. */
  readonly name: string;
  /** `host[:port]/path` that it is pulled from. */
  readonly repository: string;
  readonly digest: string;
}

/** What a build starts from. */
export interface FoundBases {
  /** Every base image that the Dockerfile itself doesn't say all of, and the images of `build.contexts`. */
  readonly images: readonly FoundBase[];
  /** The image under the built one, by its whole name. Undefined if there is none. */
  readonly base: { readonly name: string; readonly digest: string } | undefined;
  /** The Dockerfile's text if it isn't the file's own: a stage that has an image's name starts from the digest. */
  readonly dockerfile?: string;
  /** Says of each base image for one platform alone which other platforms need it. */
  readonly warnings?: readonly string[];
}

/**
 * Looks up the digests of a build's base images. A pinned image has none. It registers no resource.
 *
 * @param registry The stack's. Its login is sent to no other host, which gets Docker's own for it.
 * @throws Failure if a registry doesn't tell a digest, or if the config names an image that the Dockerfile doesn't.
 */
export async function findBases(
  source: BuildSource | PinnedSource,
  platforms: readonly Platform[],
  registry: FoundRegistry,
): Promise<FoundBases> {
  if (source.kind === "pinned") {
    return { images: [], base: undefined };
  }
  const { dockerfile, bases, build } = source;
  const text = fs.readFileSync(dockerfile, "utf8");
  const { images, unused, base, ambiguous } = basesOf(text, dockerfile, platforms, build);
  const names = [...new Set([...images, ...unused].map(configName))];
  const unknown = Object.keys(bases).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Failure(
      `the config key bases has ${unknown}, and ${dockerfile} starts from ${names.join(", ") || "no image"}. ` +
        "Correct the name, or take it out of bases.",
    );
  }
  const found = await Promise.all(
    images.map(async (image) => ({ image, name: familiarName(image), ...(await findBase(image, source, registry)) })),
  );
  const replaced = await Promise.all(
    Object.entries(build.contexts).flatMap(([name, context]) =>
      context.kind === "image" ? [findContext(name, context.image, registry)] : [],
    ),
  );
  const warnings = found.flatMap(({ warning }) => warning ?? []);
  const foundBase = (image: Image | undefined) =>
    found.find(({ name }) => image !== undefined && familiarName(image) === name);
  const pinned = new Map(
    ambiguous.map(({ image }) => [familiarName(image), pinnedName(image, foundBase(image)?.digest)]),
  );
  const under = foundBase(base);
  return {
    images: [
      ...found
        .filter(({ image }) => image.digest === undefined || configName(image) in bases)
        .map(({ name, repository, digest }) => ({ name: pinned.get(name) ?? name, repository, digest })),
      ...replaced,
    ],
    base: under && { name: fullName(under.image), digest: under.digest },
    ...(warnings.length > 0 && { warnings }),
    ...(ambiguous.length > 0 && {
      dockerfile: withBases(
        text,
        ambiguous.map(({ stage, image }) => ({ from: stage.from, base: pinned.get(familiarName(image)) ?? "" })),
      ),
    }),
  };
}

/** The image's name with this digest. No stage can be called so. */
function pinnedName(image: Image, digest: string | undefined): string {
  return familiarName({ ...image, digest });
}

/** The image's name in the config key `bases`. */
function configName(image: Image): string {
  return familiarName({ ...image, digest: undefined });
}

/** The image's name with host and tag, as the OCI's annotation wants it. */
function fullName({ repository, tag, digest }: Image): string {
  return tag === undefined && digest !== undefined ? repository.name : `${repository.name}:${tag ?? "latest"}`;
}

async function findBase(image: BaseImage, source: BuildSource, registry: FoundRegistry) {
  const { bases, dockerfile } = source;
  const name = configName(image);
  const { repository, tag = image.tag ?? "latest" } = bases[name] ?? image;
  const { host } = repository;
  const login = host === registry.repository.host ? registry.login : await dockerLogin(host);
  const warning = (digest: string) =>
    onePlatformWarning(
      `the base image ${familiarName(image)} of ${dockerfile}`,
      image.platforms,
      repository,
      digest,
      login,
    );
  if (image.digest !== undefined) {
    return { repository: repository.name, digest: image.digest, warning: await warning(image.digest) };
  }
  try {
    const { digest, isIndex } = await findManifest(repository, tag, login);
    return { repository: repository.name, digest, warning: isIndex ? undefined : await warning(digest) };
  } catch (error) {
    throw new Failure(
      `the base image ${name} of ${dockerfile} can't be looked up in the registry ${host}: ${messageOf(error)}. ` +
        `${remedyOf(error, host, login)}, name another place with ` +
        `pulumi config set --path 'bases["${name}"]' HOST/PATH:TAG, or pin the image in the Dockerfile, ${name}@sha256:DIGEST.${contextAdvice(image)}`,
    );
  }
}

function remedyOf(error: unknown, host: string, login: Login | undefined): string {
  const status = error instanceof RegistryError ? error.status : undefined;
  if (status === 401 || status === 403) {
    // Docker Hub answers so for an image that it doesn't have, too.
    return login === undefined
      ? `Run docker login ${host} if the image is there`
      : `Run docker login ${host} with a login that may read it, which that of ${login.username} may not`;
  }
  return status === 404 ? "Correct the image's name, or push it there" : "Start that registry";
}

/** Only a name of one word without a tag may be meant as that of a named context. */
function contextAdvice(image: Image): string {
  const name = familiarName(image);
  return /[/:@]/.test(name)
    ? ""
    : ` If ${name} is to be a directory, pulumi config set --path 'build.contexts["${name}"]' DIRECTORY.`;
}

/** The image of a named context. */
async function findContext(name: string, image: Image, registry: FoundRegistry): Promise<FoundBase> {
  const { repository, tag = "latest", digest } = image;
  if (digest !== undefined) {
    return { name, repository: repository.name, digest };
  }
  const { host } = repository;
  const login = host === registry.repository.host ? registry.login : await dockerLogin(host);
  const found = await findManifest(repository, tag, login).catch((error: unknown) => {
    throw new Failure(
      `the config key build.contexts has the image ${familiarName(image)} for ${name}, which can't be looked up in the ` +
        `registry ${host}: ${messageOf(error)}. ${remedyOf(error, host, login)}, or name a directory that exists.`,
    );
  });
  return { name, repository: repository.name, digest: found.digest };
}
