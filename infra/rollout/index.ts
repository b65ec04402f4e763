export { type AskApi, gatherEvidence } from "./evidence";
export { explain } from "./explain";
export { explainFailure } from "./explain-failure";
export { isReady, pod } from "./objects";
