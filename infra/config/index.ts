export type {
  Config,
  BuildSource,
  ClusterConfig,
  EcrConfig,
  EksConfig,
  GithubConfig,
  Replicas,
  Resources,
  StackImage,
} from "./read-config";
export { readConfig } from "./read-config";
export { type Egress, progressDeadlines } from "./schema";
export { stackOutput } from "./stack-output";
