export { findBases } from "./find-bases";
export { findSource } from "./find-source";
export { compressionLevel, ServiceImage } from "./service-image";
