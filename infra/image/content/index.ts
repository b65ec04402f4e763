export { gitWarning, readContext } from "./build-context";
export { type Content, readContent, staging } from "./content";
export { versionArg, versionLabel } from "./labels";
export { stageContext } from "./stage-context";
export { stageDockerfile } from "./stage-dockerfile";
