import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../common";
import { type Exposed, findDeployment, nameOf, smokeTest, type SmokeTiming } from "../rollout";
import type { Run } from "../run";
import { stackOutputs, type Tags, update, withLock } from "../stack";
import { builtAnew } from "./built-anew";
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
  /** Whether the stack is made if there is none. */
  readonly make: boolean;
  /** Whether a commit that doesn't descend from the last good release's is refused. */
  readonly inOrder: boolean;
  /** Whether an image that the registry has already may be released; any by default. One that isn't is built anew. */
  readonly isSigned?: (image: string) => Promise<boolean>;
}

/** A good release. */
export interface Released {
  readonly image: string;
  /** Whether this release built the image, and the stack didn't have it already. */
  readonly built: boolean;
  /** Undefined unless the service is exposed. */
  readonly exposed: Exposed | undefined;
}

/** What came of deploying a commit. */
export type Attempt =
  | (Released & { readonly kind: "healthy" })
  /** The image is undefined where the update ended before the stack had one. */
  | { readonly kind: "failed"; readonly reason: string; readonly changed: boolean; readonly image: string | undefined }
  | { readonly kind: "unknown"; readonly reason: string };

/** Deploys a commit, with the image that is given or built from it, and asks the pods for their health. */
export async function deploy(
  { stack, policyPack, context, template, isSigned }: ReleaseArgs,
  commit: string,
  image: string | undefined,
  tags: Tags,
  run: Run,
  timing?: SmokeTiming,
): Promise<Attempt> {
  const { status, changed, built, resources } = await withTree(run, commit, async (cwd) => {
    if (template !== undefined) {
      copyFileSync(join(cwd, template), join(cwd, `Pulumi.${stack}.yaml`));
    }
    // The key image goes before imageFrom, which stays: without it the stack would make a repository of its own.
    const given = image === undefined ? undefined : { image };
    const config = given ?? (isSigned && (await builtAnew(run, stack, cwd, isSigned)));
    return withLock(run, stack, tags, () => update(run, stack, { cwd, policyPack, config }));
  });
  const outputs = stackOutputs(resources);
  if (status !== 0) {
    return { kind: "failed", reason: `pulumi up ended with ${status}`, changed, image: image ?? outputs.image };
  }
  const deployed = outputs.image;
  if (deployed === undefined) {
    throw new Failure(`the stack ${stack} has no output image, or it is a secret, so nobody knows what it runs`);
  }
  if (image !== undefined && deployed !== image) {
    throw new Failure(`the stack ${stack} deployed ${deployed} instead of ${image}`);
  }
  const deployment = findDeployment(stack, resources);
  const health = await smokeTest(run, deployment, context, timing);
  const asked = `${nameOf(deployment.health)} of ${deployment.name} in ${deployment.namespace}`;
  switch (health.kind) {
    case "healthy":
      return {
        kind: "healthy",
        image: deployed,
        built,
        exposed: outputs.publicUrl === undefined ? undefined : { url: outputs.publicUrl, health: deployment.health },
      };
    case "unhealthy":
      return { kind: "failed", reason: `${asked} isn't healthy: ${health.reason}`, changed, image: deployed };
    case "unknown":
      return { kind: "unknown", reason: `${asked} can't be asked: ${health.reason}` };
  }
}
