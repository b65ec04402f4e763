export { type AskApi, readRollout } from "./rollout-state";
export { explain } from "./explain";
export { explainFailure } from "./explain-failure";
export { isReady, pod } from "./objects";
