export { asOwner, ownerTag, withLock } from "./lock";
export {
  configValue,
  destroy,
  ensureStack,
  exportState,
  findTags,
  forgetStack,
  listStacks,
  previewRefreshed,
  readTags,
  removeStack,
  setTags,
  type Tags,
} from "./stack";
export { deploymentType, imageType, readResources, type Resource, stackOutputs, stackResources } from "./state";
export { previewUpdate, update } from "./update";
