export { asOwner, ownerTag, withLock } from "./lock";
export { readTags, setTag, type Tags } from "./stack-tags";
export { exportState, readResources, stackResources } from "./state";
export { preview, update } from "./update";
