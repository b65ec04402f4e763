import { isObject, objectAt, type Properties, secret, textAt } from "../values";

/** The output that keeps the name under which a resource owns its fields, as the real provider does. */
const fieldManagerOutput = "__fieldManager";

/** The name under which a resource owns its fields, or "" where its outputs don't say. */
export function fieldManagerOf(outputs: Properties): string {
  return textAt(outputs, fieldManagerOutput);
}

/** A live object as outputs, with the name under which its fields are owned. */
export function checkpoint(live: Properties, fieldManager: string): Properties {
  const { managedFields: _managedFields, ...metadata } = objectAt(live, "metadata");
  const owner = fieldManager === "" ? {} : { [fieldManagerOutput]: fieldManager };
  return { ...hideSecrets(live), metadata, ...owner };
}

/** The values of a Secret are secrets, whether or not the program said so. */
export function hideSecrets(live: Properties): Properties {
  const hidden = live["kind"] === "Secret" ? ["data", "stringData"].filter((key) => isObject(live[key])) : [];
  return { ...live, ...Object.fromEntries(hidden.map((key) => [key, secret(live[key] ?? null)])) };
}
