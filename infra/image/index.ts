export { basesOf } from "./bases";
export { withBases } from "./dockerfile";
export { findBases } from "./find-bases";
export { findSource } from "./find-source";
export { ServiceImage } from "./service-image";
