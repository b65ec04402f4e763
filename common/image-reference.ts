// The part of the grammar of image references that the config allows: github.com/distribution/reference.
const host = /(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|\[[0-9a-f:]+\]|[a-z0-9-]+(?=:\d))(?::\d{1,5})?/i;
const component = /[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*/;
const repository = new RegExp(`^(${host.source})/(${component.source}(?:/${component.source})*)$`);

const ecrName = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** A repository in a registry. */
export interface Repository {
  /** `host[:port]/path`, with neither tag nor digest. */
  readonly name: string;
  /** `host[:port]` of the registry. */
  readonly host: string;
  /** Path in the registry. */
  readonly path: string;
}

/** Reads `host[:port]/path`. Undefined for any other text, such as one with a scheme, a tag, a digest or no host. */
export function parseRepository(text: string): Repository | undefined {
  const [, at, path] = repository.exec(text) ?? [];
  return at === undefined || path === undefined || !URL.canParse(`https://${at}`)
    ? undefined
    : { name: text, host: at, path };
}

/** An image by digest, which can't change. */
export interface PinnedImage {
  readonly repository: Repository;
  /** Digest of the index: `sha256:` and 64 hex digits. */
  readonly digest: string;
}

/** Reads `host[:port]/path@sha256:…`. Undefined for any other text, such as one with a tag. */
export function parsePinned(text: string): PinnedImage | undefined {
  const [name = "", digest = "", ...rest] = text.split("@");
  const parsed = parseRepository(name);
  return parsed && rest.length === 0 && /^sha256:[0-9a-f]{64}$/.test(digest)
    ? { repository: parsed, digest }
    : undefined;
}

/** An image in a registry, as a Dockerfile or a mirror names it. */
export interface Image {
  readonly repository: Repository;
  /** Undefined for an image without a tag. */
  readonly tag: string | undefined;
  /** An algorithm, `:` and hex digits. Undefined for an image that isn't pinned. */
  readonly digest: string | undefined;
}

/** Reads `host[:port]/path[:tag][@digest]`. Undefined for any other text. */
export function parseImage(text: string): Image | undefined {
  const [, name = "", tag, digest] = /^([^@]+?)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
  const parsed = parseRepository(name);
  return parsed && { repository: parsed, tag, digest };
}

// The whole grammar of github.com/distribution/reference, for what a Dockerfile names.
const label = /[a-z0-9](?:[a-z0-9-]*[a-z0-9])?/i;
// A host with an underscore is read as the start of a path, and asked all the same.
const anyHost = new RegExp(
  `^(?:(?:${label.source}(?:\\.${label.source})*|\\[[a-f0-9:]+\\])(?::\\d+)?|${component.source})$`,
  "i",
);
const anyPath = new RegExp(`^${component.source}(?:/${component.source})*$`);
const anyDigest = "sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}";
const anyImage = new RegExp(`^([^@]+?)(?::(\\w[\\w.-]{0,127}))?(?:@(${anyDigest}))?$`);

/** Reads an image as Docker does: `golang:1.26` is in `docker.io/library/golang`. Undefined for what is no image. */
export function parseFamiliar(text: string): Image | undefined {
  const [, name = "", tag, digest] = anyImage.exec(text) ?? [];
  const [first = "", ...others] = name.split("/");
  const isHost = others.length > 0 && (/[.:A-Z]/.test(first) || first === "localhost");
  const host = !isHost || first === "index.docker.io" ? "docker.io" : first;
  const rest = isHost ? others : [first, ...others];
  const path = [...(host === "docker.io" && rest.length === 1 ? ["library"] : []), ...rest].join("/");
  // 64 hex digits are the id of an image.
  return anyHost.test(host) && anyPath.test(path) && path.length <= 255 && !/^[0-9a-f]{64}$/.test(text)
    ? { repository: { name: `${host}/${path}`, host, path }, tag, digest }
    : undefined;
}

/** The shortest name of an image, by which BuildKit looks up a named context. The inverse of {@link parseFamiliar}. */
export function familiarName({ repository: { name }, tag, digest }: Image): string {
  const short = name.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, "");
  const version = [tag === undefined ? "" : `:${tag}`, digest === undefined ? "" : `@${digest}`].join("");
  return version === ":latest" ? short : short + version;
}

/**
 * Base URL of a registry's API. Docker and BuildKit speak HTTP with a registry on the loopback, and HTTPS with any
 * other. Docker Hub's API has another host than its images' names.
 */
export function registryAddress(host: string): string {
  if (host === "docker.io") {
    return "https://registry-1.docker.io";
  }
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host) ? `http://${host}` : `https://${host}`;
}

/**
 * Whether ECR accepts a repository's name: 2 to 256 characters, lower case letters and digits with single separators
 * between them (ECR API reference, CreateRepository).
 */
export function isEcrName(text: string): boolean {
  return text.length >= 2 && text.length <= 256 && ecrName.test(text);
}
