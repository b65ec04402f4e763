export { clusterProvider, findCluster } from "./cluster";
export { findDeployment } from "./find-deployment";
export { hasResource } from "./has-resource";
export { getFromApi } from "./ask-api";
export { publicUrl } from "./public-url";
export { unrecordedChange } from "./unrecorded-change";
export { type Exposure, findExposure } from "./find-exposure";
