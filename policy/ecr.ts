import type { Rule } from "./rule";
import { textAt } from "./members";

/** ECR immutability. */
export const ecrImmutability: Rule = {
  name: "ecr-immutability",
  description: "Tags of an ECR repository can't be moved.",
  violations: (type, properties) => {
    const mutability = textAt(properties, "imageTagMutability") || "MUTABLE";
    return type !== "aws:ecr/repository:Repository" || mutability === "IMMUTABLE"
      ? []
      : [`imageTagMutability is ${mutability}: set IMMUTABLE.`];
  },
};
