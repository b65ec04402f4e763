import { Misread } from "./misread";
import type { Values } from "./unread-values";

/** Keys that may be a text in place of an object, and the part that it stands for. `pulumi new` can ask for texts alone. */
const parts = { registry: "url", cluster: "context" };

/** The values with objects in place of their short forms. */
export function inFull(values: Values): Values {
  const objects = Object.entries(parts)
    .map(([key, part]) => [key, part, values[key]] as const)
    .filter(([, , value]) => isText(value))
    .map(([key, part, value]) => [key, { [part]: value }] as const);
  return { ...values, ...Object.fromEntries(objects) };
}

/** Whether a value is a text, as the engine hands it over or before YAML changed it. */
export function isText(value: unknown): boolean {
  return typeof value === "string" || value instanceof Misread;
}
