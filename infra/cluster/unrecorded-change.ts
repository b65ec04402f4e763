import { z } from "zod";
import type { OwnResource } from "../../common";
import { type ClusterObject, recordOf } from "./find-deployment";

/** The annotation that tells which generation of the Deployment Pulumi hadn't recorded. */
const annotation = "unrecorded-generation";

const template = z.object({ spec: z.object({ template: z.object({ spec: z.unknown() }) }) });
const metadata = z.object({ annotations: z.record(z.string(), z.string()).optional(), generation: z.number() });
const deployment = template.extend({ metadata });

/**
 * Tells whether a Deployment runs other pods than Pulumi recorded. It does after an update that was interrupted
 * during the rollout: Pulumi records nothing of that update. The configuration from before would then count as unchanged, and
 * the bad rollout would stay. It also does after somebody has edited the pods.
 *
 * @returns Annotations for the Deployment. A new generation that isn't recorded changes one, which makes Pulumi update the
 * Deployment. From then on the annotation stays.
 */
export function unrecordedChange(
  own: readonly OwnResource[],
  live: ClusterObject | undefined,
): Readonly<Record<string, string>> {
  const record = live && recordOf(own, "kubernetes:apps/v1:Deployment", live.metadata.name);
  if (record === undefined) {
    return {};
  }
  const [before, now] = [template.parse(record), deployment.parse(live)];
  if (!isWithin(before.spec.template.spec, now.spec.template.spec)) {
    return { [annotation]: String(now.metadata.generation) };
  }
  const last = now.metadata.annotations?.[annotation];
  return last === undefined ? {} : { [annotation]: last };
}

/** Whether a value has all that a part of it has. A newer API server adds fields, with their defaults. */
function isWithin(part: unknown, whole: unknown): boolean {
  if (typeof part !== "object" || part === null || typeof whole !== "object" || whole === null) {
    return part === whole;
  }
  if (Array.isArray(part) && Array.isArray(whole) && part.length !== whole.length) {
    return false;
  }
  const values = new Map(Object.entries(whole));
  return Object.entries(part).every(([key, value]) => isWithin(value, values.get(key)));
}
