export { basesOf, findBases } from "./base-images";
export { readContext } from "./content";
export { buildProvider, checkBuilder, checkPush } from "./builder";
export { withBases } from "./dockerfile";
export { findImage } from "./find-image";
export { findSource } from "./find-source";
export { ServiceImage } from "./service-image";
export type { User } from "./binaries";
