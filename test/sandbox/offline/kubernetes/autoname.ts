import { createHash, randomBytes } from "node:crypto";
import { at, isUnknown, objectAt, type Properties, textAt, type Value } from "../values";

/** The annotation by which the real provider marks a name that it made up. */
export const autonamedAnnotation = "pulumi.com/autonamed";

/** What the engine's `pulumi:autonaming` configuration wants, if there is one. */
export interface AutonamingRule {
  readonly mode: "propose" | "enforce" | "disable";
  readonly name: string;
}

/** Whether a name was made up, so that a replacement may take a new one. */
export function isAutonamed(object: Properties): boolean {
  return textAt(object, "metadata", "annotations", autonamedAnnotation) === "true";
}

/**
 * Inputs with a name: their own, else the one that was made up before, else `<resource name>-<8 hex digits>` from the
 * engine's seed, so that an update gets the name that its preview has shown.
 */
export function withName(
  inputs: Properties,
  resource: { name: string; olds: Properties; seed: Uint8Array; rule: AutonamingRule | undefined },
): Properties {
  const name = at(inputs, "metadata", "name");
  if ((typeof name === "string" && name !== "") || isUnknown(at(inputs, "metadata"))) {
    return inputs;
  }
  if (isAutonamed(resource.olds)) {
    return autonamed(inputs, at(resource.olds, "metadata", "name") ?? "");
  }
  if (resource.rule?.mode === "disable") {
    throw new Error("metadata.name: required, because the stack's configuration turns autonaming off");
  }
  return autonamed(inputs, resource.rule?.name ?? `${resource.name}-${suffix(resource.seed)}`);
}

function autonamed(inputs: Properties, name: Value): Properties {
  const metadata = objectAt(inputs, "metadata");
  const annotations = { ...objectAt(metadata, "annotations"), [autonamedAnnotation]: "true" };
  return { ...inputs, metadata: { ...metadata, annotations, name } };
}

function suffix(seed: Uint8Array): string {
  return createHash("sha256")
    .update(seed.length > 0 ? seed : randomBytes(32))
    .digest("hex")
    .slice(0, 8);
}
