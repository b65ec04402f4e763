export { findManifest, findTag } from "./find-manifest";
export { putTag } from "./put-tag";
export { verifyPlatforms } from "./verify-platforms";
