export { basesOf } from "./bases";
export { readContext } from "./build-context";
export { checkBuilder } from "./check-builder";
export { withBases } from "./dockerfile";
export { findBases } from "./find-bases";
export { findImage } from "./find-image";
export { findSource } from "./find-source";
export { ServiceImage } from "./service-image";
export type { User } from "./user";
