import type { Properties } from "./rule";
import { textAt } from "./values";

/**
 * The repository that a stack's config names in registry.url, by the component of its image. Undefined for any other
 * resource, and for a stack whose config names none.
 */
export function ownRepository(type: string, properties: Properties): string | undefined {
  return (type === "ping:index:ServiceImage" && textAt(properties, "registry")) || undefined;
}
