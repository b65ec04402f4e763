import { createHash } from "node:crypto";
import type { BuildContext } from "./build-context";

/** What decides about an image, beside its context and its Dockerfile. */
export interface BuildInputs {
  readonly platforms: readonly string[];
  /** Image of the Dockerfile → its digest. */
  readonly bases: Readonly<Record<string, string>>;
  /** The image's labels, without the tag itself. */
  readonly labels: Readonly<Record<string, string>>;
  readonly rebuild: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Ids of the secrets. A changed id changes the build. A changed value only grants access again. */
  readonly secrets: readonly string[];
  /** Ids of the SSH mounts. */
  readonly ssh: readonly string[];
  readonly target: string | undefined;
  /** Named contexts that are directories. */
  readonly contexts: Readonly<Record<string, Pick<BuildContext, "entries">>>;
}

/**
 * The tag of a build's content: 16 hex digits. Two builds have the same tag if their context, Dockerfile and inputs are
 * the same, on any machine and with any umask. The same tag never means two images.
 */
export function contentTag(
  { entries }: Pick<BuildContext, "entries">,
  dockerfile: Buffer,
  inputs: BuildInputs,
): string {
  const hash = createHash("sha256");
  // Each part is hashed with its length. Otherwise bytes could move from one part to the next without a new tag.
  const add = (part: string | Buffer) => hash.update(`${Buffer.byteLength(part)}:`).update(part);
  entries.forEach(({ path, kind, content }) => [path, kind, content].forEach(add));
  const { platforms, bases, labels, rebuild, args, secrets, ssh, target, contexts } = inputs;
  // As lists, because the order of an object's keys isn't part of its meaning.
  const list = (given: Readonly<Record<string, string>>) => Object.entries(given).sort();
  const named = Object.entries(contexts).map(([name, { entries: sent }]) => [name, sent] as const);
  const settings = [platforms, list(bases), list(labels), rebuild, list(args), secrets.toSorted(), ssh, target];
  [dockerfile, JSON.stringify(settings)].forEach(add);
  named.toSorted(([a], [b]) => (a < b ? -1 : 1)).forEach((context) => add(JSON.stringify(context)));
  return hash.digest("hex").slice(0, 16);
}
