export { lifecyclePolicy, repositoryPolicy } from "./ecr";
export { findRegistry } from "./find-registry";
export { openRegistry } from "./open-registry";
export { type PullLogin, pullLogin } from "./pull-login";
export type { Credentials, FoundRegistry, Registry } from "./registry";
export { registryReader } from "./registry-reader";
