import type { Rule } from "./rule";
import { listAt, textAt } from "./values";

/** ECR immutability. */
export const ecrImmutability: Rule = {
  name: "ecr-immutability",
  description: "Tags of an ECR repository can't be moved, but for those of build caches, `cache-*`.",
  violations: (type, properties) => {
    if (type !== "aws:ecr/repository:Repository") {
      return [];
    }
    const mutability = textAt(properties, "imageTagMutability") || "MUTABLE";
    const filters = listAt(properties, "imageTagMutabilityExclusionFilters").map((each) => textAt(each, "filter"));
    const open = filters.filter((filter) => !filter.startsWith("cache-"));
    if (mutability === "IMMUTABLE" || (mutability === "IMMUTABLE_WITH_EXCLUSION" && open.length === 0)) {
      return [];
    }
    return mutability === "IMMUTABLE_WITH_EXCLUSION"
      ? [`Tags that match ${open.join(", ")} can be moved: only cache-* may be.`]
      : [`imageTagMutability is ${mutability}: set IMMUTABLE, or IMMUTABLE_WITH_EXCLUSION with a filter cache-*.`];
  },
};
