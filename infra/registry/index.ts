export { findRegistry } from "./find-registry";
export { lifecyclePolicy } from "./ecr/lifecycle-policy";
export { openRegistry } from "./open-registry";
export { type PullLogin, pullLogin } from "./pull-login";
export type { Credentials, FoundRegistry, Registry } from "./registry";
export { registryReader } from "./registry-reader";
export { repositoryPolicy } from "./ecr/repository-policy";
