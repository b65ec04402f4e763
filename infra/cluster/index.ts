export { clusterProvider, findCluster } from "./cluster";
export { hasResource } from "./has-resource";
