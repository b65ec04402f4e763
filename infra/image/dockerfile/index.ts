export { type Origin, reachOf } from "./reach";
export { withBases } from "./rewrite";
export { type Dockerfile, readDockerfile, type Stage } from "./stages";
export type { Unreadable } from "./unreadable";
export { platformVariables, type Value, type Variables, variablesOf } from "./variables";
