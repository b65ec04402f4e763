export { clusterProvider, findCluster } from "./cluster";
export { hasResource } from "./has-resource";
export { getFromApi } from "./kubectl";
export { publicUrl } from "./public-url";
export { findWayIn, type WayIn } from "./find-way-in";
