export { EcrRegistry, type EcrRegistryArgs } from "./ecr-registry";
export { findEcr } from "./find-ecr";
export { lifecyclePolicy } from "./lifecycle-policy";
export { repositoryPolicy } from "./repository-policy";
