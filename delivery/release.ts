import { z } from "zod";
import { Failure } from "../infra/base";
import { outputOf, type Run } from "./command";
import { diagnose, findRollout } from "./diagnosis";
import { lastGood, lastGoodTag } from "./last-good";
import { smokeTest, type SmokeTiming } from "./smoke";

/** What is released, and where to. */
export interface ReleaseArgs {
  readonly stack: string;
  /** `repository@sha256:…`, deployed as it is; built from the checkout where left out. */
  readonly image?: string | undefined;
  /** A directory with a policy pack that the update must satisfy. */
  readonly policyPack?: string | undefined;
  /** The kubeconfig's context for the smoke test; its current one where left out. */
  readonly context?: string | undefined;
}

/** How a release ended, and what the stack runs now. */
export type Outcome =
  | { readonly kind: "released"; readonly image: string }
  /** The release failed, and the stack is back at the last good image. */
  | { readonly kind: "returned"; readonly reason: string; readonly image: string }
  /** The release failed, and there was nothing to return to, or that failed too. */
  | { readonly kind: "broken"; readonly reason: string };

/** A stack's outputs and config, as far as the smoke test needs them. */
const outputs = z.object({ image: z.string(), namespace: z.string(), service: z.string() });
const config = z.looseObject({ "ping:healthPath": z.object({ value: z.string() }).optional() });

/**
 * Deploys a stack and asks it for its health. A release that fails its rollout or that test is replaced by the last good
 * image, deployed with the same config and tested in the same way.
 *
 * The image is set in the stack's file in this directory, which a workflow throws away.
 */
export async function release(args: ReleaseArgs, run: Run, timing?: SmokeTiming): Promise<Outcome> {
  const { stack } = args;
  // Before anything is changed: a tag that can't be read must not show only once it is needed.
  const good = lastGood(await outputOf(run, ["pulumi", "stack", "tag", "ls", "--json", "--stack", stack]));

  const released = await deploy(args, args.image, run, timing);
  if (!("failed" in released)) {
    await outputOf(run, ["pulumi", "stack", "tag", "set", lastGoodTag, released.image, "--stack", stack]);
    return { kind: "released", image: released.image };
  }
  if (good === undefined) {
    return { kind: "broken", reason: `${released.failed}, and no release of ${stack} was good before` };
  }
  if (good === args.image) {
    return { kind: "broken", reason: `${released.failed}, with the last good image itself: look at the config` };
  }
  const returned = await deploy(args, good, run, timing);
  return "failed" in returned
    ? { kind: "broken", reason: `${released.failed}; then, with the last good image, ${returned.failed}` }
    : { kind: "returned", reason: released.failed, image: good };
}

async function deploy(
  { stack, policyPack, context }: ReleaseArgs,
  image: string | undefined,
  run: Run,
  timing?: SmokeTiming,
): Promise<{ readonly image: string } | { readonly failed: string }> {
  if (image !== undefined) {
    // It goes before imageFrom, which stays: without it the stack would make a repository of its own.
    await outputOf(run, ["pulumi", "config", "set", "image", image, "--stack", stack]);
  }
  const options = [...(policyPack === undefined ? [] : ["--policy-pack", policyPack])];
  const up = await run(["pulumi", "up", "--yes", "--skip-preview", "--stack", stack, ...options], { show: true });
  if (up.status !== 0) {
    await showDiagnosis(run, stack, context);
    return { failed: `pulumi up ended with ${up.status}` };
  }
  const deployed = outputs.parse(
    JSON.parse(await outputOf(run, ["pulumi", "stack", "output", "--json", "--stack", stack])),
  );
  if (image !== undefined && deployed.image !== image) {
    throw new Failure(`the stack ${stack} deployed ${deployed.image} instead of ${image}`);
  }
  const settings = config.parse(JSON.parse(await outputOf(run, ["pulumi", "config", "--json", "--stack", stack])));
  const path = settings["ping:healthPath"]?.value ?? "/health";
  return (await smokeTest(run, { ...deployed, path, context }, timing))
    ? { image: deployed.image }
    : { failed: `${path} of ${deployed.service} in ${deployed.namespace} wasn't healthy` };
}

/** Shows what the cluster says about a rollout that failed: Pulumi tells of crashes only. */
async function showDiagnosis(run: Run, stack: string, context: string | undefined): Promise<void> {
  try {
    const rollout = await findRollout(run, stack);
    const lines = rollout === undefined ? [] : await diagnose(run, rollout, context);
    process.stderr.write(lines.map((line) => `${line}\n`).join(""));
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    process.stderr.write(`why the rollout failed can't be told: ${error.message}\n`);
  }
}
