import type { Properties } from "./rule";
import { textAt } from "./members";

/**
 * The repository outside of ECR that the stack's image is in: that of registry.url, image or imageFrom. The image's component
 * names it. Undefined for any other resource, and for a stack whose image is in ECR.
 */
export function ownRepository(type: string, properties: Properties): string | undefined {
  return (type === "ping:index:ServiceImage" && textAt(properties, "registry")) || undefined;
}
