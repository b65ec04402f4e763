import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../common";
import { type Exposed, findDeployment, nameOf, smokeTest, type SmokeTiming } from "../rollout";
import { outputOf, type Run } from "../run";
import { asOwner, readTags, setTag, type Tags, update, withLock } from "../stack";
import { builtAnew } from "./built-anew";
import { checkedOut, formatRelease, lastGood, lastGoodTag, refuseOlder } from "./last-good";
import { recentReleases, recentTag, withRelease } from "./recent-releases";
import { withTree } from "./source-tree";

/** What is released, and where to. The commit is the one that is checked out. */
export interface ReleaseArgs {
  readonly stack: string;
  /** `repository@sha256:…`, deployed as it is; built from the commit where left out. */
  readonly image?: string | undefined;
  /** A directory of the commit with a policy pack that the update must satisfy. */
  readonly policyPack?: string | undefined;
  /** The kubeconfig's context for the smoke test; its current one where left out. */
  readonly context?: string | undefined;
  /** A file of the commit that the stack is configured with; the stack has a file of its own where left out. */
  readonly template?: string | undefined;
  /** Whether a commit that doesn't descend from the last good release's is refused. */
  readonly inOrder: boolean;
  /** Whether an image that the registry has already may be released; any by default. One that isn't is built anew. */
  readonly isSigned?: (image: string) => Promise<boolean>;
}

/** A good release. */
interface Released {
  readonly image: string;
  /** Whether this release built the image, and the stack didn't have it already. */
  readonly built: boolean;
  /** Undefined without a way in from outside of the cluster. */
  readonly exposed: Exposed | undefined;
}

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

/** What came of deploying a commit. */
type Attempt =
  | (Released & { readonly kind: "healthy" })
  /** The image is undefined where the update ended before the stack had one. */
  | { readonly kind: "failed"; readonly reason: string; readonly changed: boolean; readonly image: string | undefined }
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * Deploys a stack and asks its pods for their health. A release that fails either goes back, if it changed anything: the
 * last good release's commit is deployed again, its program with its config, and with its image by digest.
 */
export async function release(args: ReleaseArgs, run: Run, timing?: SmokeTiming): Promise<Outcome> {
  const { stack } = args;
  const tags = await readTags(run, stack);
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
      await setTag(run, stack, lastGoodTag, formatRelease({ commit, image: released.image }));
      await setTag(run, stack, recentTag, withRelease(recent, released.image));
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

async function deploy(
  { stack, policyPack, context, template, isSigned }: ReleaseArgs,
  commit: string,
  image: string | undefined,
  tags: Tags,
  run: Run,
  timing?: SmokeTiming,
): Promise<Attempt> {
  const { status, changed, built, url, ...told } = await withTree(run, commit, async (cwd) => {
    if (template !== undefined) {
      copyFileSync(join(cwd, template), join(cwd, `Pulumi.${stack}.yaml`));
    }
    if (image !== undefined) {
      // It goes before imageFrom, which stays: without it the stack would make a repository of its own.
      await outputOf(run, ["pulumi", "config", "set", "image", image, "--stack", stack], { cwd });
    }
    const options = [
      ...(policyPack === undefined ? [] : ["--policy-pack", policyPack]),
      ...(isSigned === undefined || image !== undefined ? [] : await builtAnew(run, stack, cwd, isSigned)),
    ];
    return withLock(run, stack, tags, () => update(run, stack, options, cwd));
  });
  if (status !== 0) {
    return { kind: "failed", reason: `pulumi up ended with ${status}`, changed, image: image ?? told.image };
  }
  const deployed = told.image;
  if (deployed === undefined) {
    throw new Failure(`the stack ${stack} has no output image, so nobody knows what it runs`);
  }
  if (image !== undefined && deployed !== image) {
    throw new Failure(`the stack ${stack} deployed ${deployed} instead of ${image}`);
  }
  const deployment = await findDeployment(run, stack);
  const health = await smokeTest(run, deployment, context, timing);
  const asked = `${nameOf(deployment.health)} of ${deployment.name} in ${deployment.namespace}`;
  switch (health.kind) {
    case "healthy":
      return {
        kind: "healthy",
        image: deployed,
        built,
        exposed: url === undefined ? undefined : { url, health: deployment.health },
      };
    case "unhealthy":
      return { kind: "failed", reason: `${asked} isn't healthy: ${health.reason}`, changed, image: deployed };
    case "unknown":
      return { kind: "unknown", reason: `${asked} can't be asked: ${health.reason}` };
  }
}
