import { Failure, type Repository } from "../../common";
import type { Run } from "../run";
import { decide, describe, type Grace, rounds } from "./cleaning";
import { imageUses, type StackUse } from "./image-uses";
import type { Manifest, ManifestStore } from "./manifests";

/** What is cleaned. */
export interface CleanArgs {
  readonly repository: Repository;
  readonly store: ManifestStore;
  /** Backends beside the one that the environment names. */
  readonly backends: readonly string[];
  readonly grace: Grace;
  /** Accounts of AWS that may pull from the repository, beside its own; `*` for any. */
  readonly pullers: readonly string[];
  /** Whether anything is deleted; otherwise it is only decided. */
  readonly isCertain: boolean;
}

/**
 * Deletes from a repository what no stack needs.
 *
 * @param tell Gets what is decided, before anything is deleted.
 * @throws Failure where nobody can know what is needed. Nothing is deleted then.
 */
export async function clean(
  { repository, store, backends, grace, pullers, isCertain }: CleanArgs,
  run: Run,
  tell: (text: string) => void,
): Promise<void> {
  // The manifests first: whatever is pushed while the stacks are read isn't among them.
  const manifests = await store.list();
  const uses = await imageUses(run, repository, backends);
  refuseUnknownPullers(repository, pullers, uses);
  refuseUnused(repository, manifests, uses);
  const decisions = decide(manifests, uses, grace);
  tell(describe(decisions));
  if (!isCertain) {
    return;
  }
  for (const round of rounds(decisions)) {
    await store.remove(round);
  }
  const gone = decisions.filter(({ stays }) => !stays).map(({ manifest }) => manifest);
  const [revived] = used(gone, await imageUses(run, repository, backends));
  if (revived !== undefined) {
    const { stack, manifest } = revived;
    throw new Failure(
      `${stack} has begun to use ${repository.name}@${manifest.digest} while it was deleted. Run pulumi up --stack ${stack}, ` +
        "which builds it again.",
    );
  }
}

/** The manifests that a stack uses, with the stack. */
function used(manifests: readonly Manifest[], uses: readonly StackUse[]) {
  return manifests.flatMap((manifest) => {
    const use = uses.find(
      ({ digests, tags }) => digests.includes(manifest.digest) || manifest.tags.some((tag) => tags.includes(tag)),
    );
    return use === undefined ? [] : [{ stack: use.stack, manifest }];
  });
}

/** A wrong repository or backend would let everything go. */
function refuseUnused({ name }: Repository, manifests: readonly Manifest[], uses: readonly StackUse[]): void {
  if (manifests.length > 0 && used(manifests, uses).length === 0) {
    const stacks = uses.map(({ stack }) => stack).join(", ");
    throw new Failure(
      `none of the stacks ${stacks} uses an image of ${name}, so all of it would go. Nothing is deleted. Check --repository and ` +
        "PULUMI_BACKEND_URL. Delete the repository itself if no stack is to use it again.",
    );
  }
}

/** Who pulls from another account runs something, and only a stack in that account says what. */
function refuseUnknownPullers({ name }: Repository, pullers: readonly string[], uses: readonly StackUse[]): void {
  const unknown = pullers.filter((puller) => !uses.some(({ account }) => account === puller));
  if (unknown.length > 0) {
    throw new Failure(
      `${unknown.join(", ")} may pull from ${name} too, and no stack that was read is of that account, so nobody knows what ` +
        "runs there. Nothing is deleted. Name the backend of its stacks after the options, give each of them aws:allowedAccountIds " +
        "with that account alone, or take the account out of registry.ecr.pullAccounts.",
    );
  }
}
