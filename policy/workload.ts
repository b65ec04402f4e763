import type { Properties } from "./rule";
import { at, listAt, textAt } from "./members";

/** A pod as a workload describes it. */
interface PodTemplate {
  readonly spec: unknown;
  /** Whether it serves for as long as it runs; a job's pod ends by itself. */
  readonly serves: boolean;
}

/** A container of a pod. */
export interface Container {
  /** How messages call it. */
  readonly name: string;
  /** Whether it runs beside the others, rather than before them. */
  readonly main: boolean;
  readonly properties: unknown;
}

/** Where each kind has its pod's spec (kubernetes.io/docs/concepts/workloads). */
const specs: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** The pod that a resource makes; undefined for one that makes none. */
export function podTemplate(type: string, properties: Properties): PodTemplate | undefined {
  const [provider, , kind = ""] = type.split(":");
  const path = provider === "kubernetes" ? specs[kind.replace(/(?:Patch|List)$/, "")] : undefined;
  return path && { spec: at(properties, ...path), serves: kind !== "Job" && kind !== "CronJob" };
}

/** Every container of a pod. */
export function containers({ spec }: PodTemplate): Container[] {
  const named = (list: string, word: string, main: boolean) =>
    listAt(spec, list).map((properties, index) => {
      const name = textAt(properties, "name") || `number ${index + 1}`;
      return { name: `${word} ${name}`, main, properties };
    });
  return [
    ...named("containers", "container", true),
    ...named("initContainers", "init container", false),
    ...named("ephemeralContainers", "ephemeral container", false),
  ];
}
