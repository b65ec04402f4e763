import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { Failure } from "../../common";
import { explain } from "./explain";
import { type AskApi, readRollout } from "./rollout-state";

const inputs = z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) });

/**
 * Says why a Deployment's rollout failed, by an error beside the provider's own. The provider names a container that
 * crashes, but takes the kubelet's stop for a crash, and gives no reason for a probe, a quota or a missing node. The engine
 * calls the hook once it has waited in vain, and the update fails as it would without it.
 */
export function explainFailure(ask: AskApi): pulumi.ErrorHook {
  return new pulumi.ErrorHook("explain-rollout", async ({ failedOperation, newInputs }) => {
    if (failedOperation !== "delete") {
      const lines = await explained(ask, inputs.parse(newInputs).metadata);
      if (lines.length > 0) {
        await pulumi.log.error(lines.join("\n"));
      }
    }
    // An update that is tried again would wait in vain again.
    return false;
  });
}

async function explained(ask: AskApi, target: z.infer<typeof inputs>["metadata"]): Promise<string[]> {
  try {
    const state = await readRollout(ask, target);
    return state === undefined ? [] : explain(state);
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    return [error.message];
  }
}
