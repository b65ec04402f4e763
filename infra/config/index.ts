export type { BuildSettings, BuildSource, ClusterConfig, Config, EcrConfig, HealthCheck, PinnedSource } from "./config";
export { withoutIds } from "./keys";
export { readConfig } from "./read-config";
export {
  type EksConfig,
  type Egress,
  type ExposeConfig,
  type CleanConfig,
  type GithubConfig,
  type Migrate,
  type OnClose,
  progressDeadlines,
  type Replicas,
  type Quota,
  type Resources,
  schema,
} from "./schema";
export { stackOutput } from "./stack-output";
