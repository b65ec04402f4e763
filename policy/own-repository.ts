import type { Properties } from "./rule";
import { textAt } from "./values";

/**
 * The repository outside of ECR that a stack pushes its image to or has it from, by the image's component: that of registry.url,
 * image or imageFrom. Undefined for any other resource, and for a stack whose image is in ECR.
 */
export function ownRepository(type: string, properties: Properties): string | undefined {
  return (type === "ping:index:ServiceImage" && textAt(properties, "registry")) || undefined;
}
