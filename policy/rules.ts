import { ecrImmutability } from "./ecr";
import { allowedRegistries, imageDigest, noTagOnly } from "./images";
import { probes } from "./required-probes";
import type { Rule } from "./rule";
import { restrictedSecurityContext } from "./security-context";

/** Every rule of the policy pack. */
export const rules: readonly Rule[] = [
  imageDigest,
  noTagOnly,
  allowedRegistries,
  probes,
  restrictedSecurityContext,
  ecrImmutability,
];
