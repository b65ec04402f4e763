export { basesOf } from "./bases";
export { findBases, type FoundBases } from "./find-bases";
