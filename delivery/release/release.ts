import { Failure } from "../../common";
import type { SmokeTiming } from "../rollout";
import type { Run } from "../run";
import { asOwner, ensureStack, readTags, setTags } from "../stack";
import { type Attempt, deploy, type ReleaseArgs, type Released } from "./deploy";
import { checkedOut, formatRelease, lastGood, lastGoodTag, refuseOlder } from "./last-good";
import { recentReleases, recentTag, withRelease } from "./recent-releases";

/** How a release ended, and what the stack runs now. */
export type Outcome =
  | (Released & { readonly kind: "released" })
  /** The release failed before it changed anything: the stack runs what it ran. */
  | { readonly kind: "unchanged"; readonly reason: string }
  /** The release failed, and the stack is back at the last good one. */
  | { readonly kind: "returned"; readonly reason: string; readonly commit: string; readonly image: string }
  /** The release runs, and nobody knows whether it is healthy. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** The release failed, and there was nothing to return to, or that failed too. */
  | { readonly kind: "broken"; readonly reason: string };

/**
 * Deploys a stack and asks its pods for their health. A release that fails either goes back, if it changed anything: the
 * last good release's commit is deployed again, its program with its config, and with its image by digest.
 */
export async function release(args: ReleaseArgs, run: Run, timing?: SmokeTiming): Promise<Outcome> {
  const { stack } = args;
  const tags = await (args.make ? ensureStack(run, stack) : readTags(run, stack));
  // Before anything is changed: a tag that can't be read must not show only once it is needed.
  const [good, recent] = [lastGood(tags), recentReleases(tags)];
  const commit = await checkedOut(run);
  if (args.inOrder && good !== undefined) {
    await refuseOlder(run, stack, commit, good);
  }
  const attempt = (of: string, image: string | undefined) => deploy(args, of, image, tags, run, timing);
  return asOwner(run, stack, async () => {
    const released = await attempt(commit, args.image);
    if (released.kind === "healthy") {
      const { image } = released;
      const ofRelease = { [lastGoodTag]: formatRelease({ commit, image }), [recentTag]: withRelease(recent, image) };
      await setTags(run, stack, ofRelease, tags);
      return { ...released, kind: "released" };
    }
    if (released.kind === "unknown") {
      return released;
    }
    const { reason, changed, image } = released;
    if (!changed) {
      return { kind: "unchanged", reason };
    }
    if (good === undefined) {
      return { kind: "broken", reason: `${reason}, and no release of ${stack} was good before` };
    }
    // The same commit builds another image once a base image has moved.
    if (good.commit === commit && image === good.image) {
      return { kind: "broken", reason: `${reason}, and it is the last good release itself` };
    }
    const back = await attempt(good.commit, good.image).catch(failedBefore);
    return back.kind === "healthy"
      ? { kind: "returned", reason, ...good }
      : { kind: "broken", reason: `${reason}; then, with the last good release, ${back.reason}` };
  });
}

/** A clone may lack the last good commit. That must not hide why the release failed. */
function failedBefore(error: unknown): Attempt {
  if (!(error instanceof Failure)) {
    throw error;
  }
  return { kind: "failed", reason: error.message, changed: false, image: undefined };
}
