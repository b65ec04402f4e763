export { failedStep } from "./build-log";
export { buildProvider } from "./build-provider";
export { checkBuilder } from "./check-builder";
export { checkPush } from "./check-push";
export { registryFault } from "./registry-fault";
