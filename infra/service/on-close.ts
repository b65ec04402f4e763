import * as batch from "@pulumi/kubernetes/batch/v1";
import type * as pulumi from "@pulumi/pulumi";
import { onCloseLabels } from "../../common";
import { job, type JobArgs } from "./job";
import { waiverAnnotations } from "./lint-waivers";

/**
 * Registers what an environment does before it ends: a CronJob that never runs by itself, with the service's image, and the
 * network policy of its pods. `delivery/pull-request/on-close.ts` makes a Job of it. So whoever ends an environment needs
 * none of its config.
 */
export function closing(name: string, args: JobArgs, parent: pulumi.Resource): batch.CronJob {
  const { metadata, spec, networkPolicy } = job(name, "on-close", args, parent);
  const labels = { ...metadata.labels, ...onCloseLabels };
  return new batch.CronJob(
    name,
    {
      metadata: { ...metadata, labels, annotations: waiverAnnotations },
      spec: {
        // The 31st of February.
        schedule: "0 0 31 2 *",
        suspend: true,
        concurrencyPolicy: "Forbid",
        // Checkers want one. Nothing ever starts late.
        startingDeadlineSeconds: 60,
        jobTemplate: { spec },
      },
    },
    { parent, dependsOn: networkPolicy },
  );
}
