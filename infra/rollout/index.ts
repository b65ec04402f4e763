export { type AskApi, gatherEvidence, isReady, pod } from "./evidence";
export { explain } from "./explain";
export { explainFailure } from "./explain-failure";
