export { findRegistry } from "./find-registry";
export type { Registry } from "./registry";
export { registryReader } from "./registry-reader";
export { lifecyclePolicy } from "./lifecycle-policy";
export { repositoryPolicy } from "./repository-policy";
