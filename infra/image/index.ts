export { findSource } from "./find-source";
export { ServiceImage } from "./service-image";
