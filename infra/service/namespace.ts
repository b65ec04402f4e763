import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";
import type { Quota } from "../config";
import { restrictedNamespaceLabels } from "./pod";
import { hardLimits } from "./quota";

/** A namespace with this label has a quota. An admission policy can refuse the pods of one that hasn't. */
const quotaLabels = { quota: "required" } as const;

/** What a service's namespace is made from. */
interface NamespaceArgs {
  readonly namespace: pulumi.Input<string>;
  readonly quota?: Quota | undefined;
}

/**
 * Registers a service's namespace, and its ResourceQuota if there is one. What depends on the quota waits until it is in force.
 */
export function makeNamespace(
  name: string,
  { namespace: own, quota: most }: NamespaceArgs,
  labels: Readonly<Record<string, pulumi.Input<string>>>,
  parent: pulumi.Resource,
) {
  const namespace = new core.Namespace(
    `${name}-namespace`,
    { metadata: { name: own, labels: { ...labels, ...restrictedNamespaceLabels, ...(most && quotaLabels) } } },
    { parent },
  );
  const metadata = { name: "quota", namespace: namespace.metadata.name, labels };
  const spec = most && { hard: hardLimits(most) };
  // A role that may not delete quotas can still delete the namespace, and its quota with it.
  const options = { parent, deletedWith: namespace };
  const quota = spec && new core.ResourceQuota(`${name}-quota`, { metadata, spec }, options);
  return { namespace, quota };
}
