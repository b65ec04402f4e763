import { Failure, parsePinned } from "../../common";
import { outputOf, type Run } from "../run";
import type { Tags } from "../stack";

/** A release: the commit whose program and config ran, and the image that it deployed. */
interface Release {
  /** 40 hex digits. */
  readonly commit: string;
  /** `repository@sha256:…`. */
  readonly image: string;
}

/**
 * The stack tag that holds the last release that passed its smoke test, `<commit> <image>`. One tag holds both, so that they
 * are always of the same release.
 *
 * Nothing else in a self-managed backend keeps this. `pulumi stack history` has neither outputs nor what came of the smoke
 * test, and the stack's outputs are those of the last update, good or bad.
 */
export const lastGoodTag = "last-good-release";

/** The tag's value for a release. */
export function formatRelease({ commit, image }: Release): string {
  return `${commit} ${image}`;
}

/**
 * The last good release of a stack; undefined before the first.
 * @throws Failure where the tag holds anything but a commit and an image by digest.
 */
export function lastGood(tags: Tags): Release | undefined {
  const value = tags[lastGoodTag];
  if (value === undefined) {
    return undefined;
  }
  const [commit = "", image = "", ...others] = value.split(" ");
  if (!/^[0-9a-f]{40}$/.test(commit) || parsePinned(image) === undefined || others.length > 0) {
    throw new Failure(
      `the stack tag ${lastGoodTag} is ${JSON.stringify(value)}. It must be a commit and an image, ` +
        `"<40 hex digits> host[:port]/path@sha256:<64 hex digits>": correct or remove it with pulumi stack tag.`,
    );
  }
  return { commit, image };
}

/**
 * Refuses to release a commit onto a stack whose last good release it doesn't descend from. A run that was started or
 * approved late would otherwise take the stack back.
 *
 * @throws Failure that names both commits.
 */
export async function refuseOlder(run: Run, stack: string, commit: string, good: Release): Promise<void> {
  const { status } = await run(["git", "merge-base", "--is-ancestor", good.commit, commit]);
  if (status !== 0) {
    throw new Failure(
      `${commit} doesn't descend from ${good.commit}, which ${stack} was released from last: releasing it would take ` +
        `${stack} back. Release a newer commit. To undo a change, revert it in a new commit.`,
    );
  }
}

/** The commit that is checked out. */
export async function checkedOut(run: Run): Promise<string> {
  return (await outputOf(run, ["git", "rev-parse", "HEAD"])).trim();
}
