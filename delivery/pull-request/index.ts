export { commentMarker, renderComment } from "./comment";
export { renderEnvironment } from "./environment-comment";
export { beginDeployment, endDeployment } from "./environment-status";
export { environmentOf, pullRequestStack, readEnvironment } from "./environment";
export { closeEnvironment, openEnvironment } from "./pull-request";
export { leftOver, sweep } from "./sweep";
