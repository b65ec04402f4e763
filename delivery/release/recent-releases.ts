import { Failure, parsePinned } from "../../common";
import type { Tags } from "../stack";

/**
 * The stack tag that holds the images of the last good releases, the newest first: what a stack can go back to by its key
 * `image`. Each is the beginning of its digest, since Pulumi Cloud allows a tag 256 characters. An image that has the same
 * beginning by chance is one that isn't deleted.
 */
export const recentTag = "recent-releases";

/** How many the tag holds. */
export const mostRecent = 10;

const length = 16;

/**
 * Beginnings of the digests, such as `sha256:0123456789abcdef`.
 * @throws Failure where the tag holds anything else.
 */
export function recentReleases(tags: Tags): readonly string[] {
  const value = tags[recentTag];
  const found = value?.split(" ") ?? [];
  if (!found.every((each) => new RegExp(`^[0-9a-f]{${length}}$`).test(each))) {
    throw new Failure(
      `the stack tag ${recentTag} is ${JSON.stringify(value)}. It must be the first ${length} hex digits of digests, with a ` +
        "space between them: correct or remove it with pulumi stack tag.",
    );
  }
  return found.map((each) => `sha256:${each}`);
}

/** The tag's value after another good release. */
export function withRelease(recent: readonly string[], image: string): string {
  const newest = parsePinned(image)?.digest.slice(0, `sha256:${"x".repeat(length)}`.length) ?? "";
  return [newest, ...recent.filter((each) => each !== newest)]
    .slice(0, mostRecent)
    .map((each) => each.slice("sha256:".length))
    .join(" ");
}
