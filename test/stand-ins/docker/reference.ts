/** Where an image is, taken apart as the OCI distribution specification names the parts. */
export interface Reference {
  /** host[:port] of the registry. */
  readonly registry: string;
  /** The repository inside the registry. */
  readonly repository: string;
  /** What to ask for: the digest where there is one, else the tag. */
  readonly version: string;
}

const hub = { domain: "docker.io", registry: "registry-1.docker.io" };

/**
 * Takes `[registry/]repository[:tag][@digest]` apart. As in Docker, a first part without dot, colon or the name
 * `localhost` belongs to the repository on Docker Hub, and the tag is `latest` where nothing is given. A tag next to a
 * digest is only for people: the digest decides. A digest without a tag is refused, because the real provider takes `@sha256`
 * for a part of the name there.
 */
export function parseReference(name: string): Reference {
  const match = /^(?<path>[^@\s]+?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>[a-z0-9]+:[0-9a-f]{32,}))?$/.exec(name);
  const { path, tag, digest } = match?.groups ?? {};
  if (path === undefined) {
    throw new Error(`"${name}" is not an image reference: expected [registry/]repository[:tag][@sha256:…]`);
  }
  if (digest !== undefined && tag === undefined) {
    throw new Error(`"${name}": the Docker provider misreads a digest without a tag: write ${path}:TAG@${digest}`);
  }
  const version = digest ?? tag ?? "latest";
  const [first = "", ...rest] = path.split("/");
  if (rest.length > 0 && (/[.:]/.test(first) || first === "localhost") && first !== hub.domain) {
    return { registry: first, repository: rest.join("/"), version };
  }
  const repository = first === hub.domain ? rest.join("/") : path;
  return {
    registry: hub.registry,
    repository: repository.includes("/") ? repository : `library/${repository}`,
    version,
  };
}
