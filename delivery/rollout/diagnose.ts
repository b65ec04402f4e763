import { Failure } from "../../common";
import { type AskApi, explain, readRollout } from "../../infra/rollout";
import type { Run } from "../run";
import { stackResources } from "../stack";
import { findDeployment } from "./deployment";
import { kubectl } from "./kubectl";

/**
 * Why the rollout of a stack's Deployment isn't complete, as an update that fails says by itself. Empty if it is complete.
 *
 * @param context The kubeconfig's context; its current one where left out.
 * @throws Failure where kubectl can't ask the cluster.
 */
export async function diagnose(run: Run, stack: string, context: string | undefined): Promise<string[]> {
  const target = findDeployment(stack, await stackResources(run, stack));
  const inNamespace = kubectl(target, context);
  const ask: AskApi = async (path) => {
    const { status, stdout, stderr } = await run(inNamespace("get", "--raw", path));
    if (status === 0) {
      return stdout;
    }
    if (stderr.includes("(NotFound)")) {
      return undefined;
    }
    throw new Failure(`kubectl can't ask the cluster why the rollout isn't complete: ${stderr.trim()}`);
  };
  const state = await readRollout(ask, target);
  if (state === undefined) {
    throw new Failure(`the Deployment ${target.name} isn't in the namespace ${target.namespace}`);
  }
  return explain(state);
}
