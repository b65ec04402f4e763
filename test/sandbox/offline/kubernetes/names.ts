import { type Properties, textAt } from "../values";
import type { Kind } from "./kind";

/** Which object is meant. */
export interface ObjectName extends Kind {
  readonly name: string;
  /** "" for an object that belongs to the whole cluster. */
  readonly namespace: string;
}

/** The name of the object that inputs describe. */
export function nameOf(kind: Kind, inputs: Properties): ObjectName {
  return { ...kind, name: textAt(inputs, "metadata", "name"), namespace: textAt(inputs, "metadata", "namespace") };
}

/** The resource's id, as the real provider builds it: `namespace/name`, or `name` for the whole cluster's. */
export function formatId({ namespace, name }: ObjectName): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** An object for a message, such as `apps/v1/Deployment ping/ping`. */
export function describeName(name: ObjectName): string {
  return `${name.apiVersion}/${name.kind} ${formatId(name)}`;
}
