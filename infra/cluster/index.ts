export { clusterProvider, findCluster } from "./cluster";
