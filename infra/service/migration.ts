import * as batch from "@pulumi/kubernetes/batch/v1";
import type * as pulumi from "@pulumi/pulumi";
import { job, type JobArgs } from "./job";
import { waiverAnnotations } from "./lint-waivers";

/**
 * Registers a Job that runs the service's image once before its pods change, and its network policy. A Job can't change: another
 * image, other arguments or another environment replace it, and so run it again.
 *
 * @param after What must be there before the migration makes anything.
 * @returns The Job. What depends on it waits for its success.
 */
export function migration(name: string, args: JobArgs, parent: pulumi.Resource, after: pulumi.Resource[]): batch.Job {
  const { metadata, spec, networkPolicy } = job(name, "migration", args, parent);
  const { migration: deadline, gracePeriod } = args.times;
  return new batch.Job(
    name,
    {
      metadata: {
        ...metadata,
        // Without this, an update after one that failed would wait for the same failed Job.
        annotations: { ...waiverAnnotations, "pulumi.com/replaceUnready": "true" },
      },
      spec,
    },
    {
      parent,
      dependsOn: [networkPolicy, ...after],
      // At the deadline the pod gets its time to stop. Only then does Kubernetes call the Job failed.
      customTimeouts: { create: `${deadline + 2 * gracePeriod}s` },
    },
  );
}
