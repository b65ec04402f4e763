export { unknown } from "./diff";
export { codeBlock, codeSpan } from "./markdown";
export { changes, parsePreview, type Preview } from "./preview";
export { longestBody, notRun, renderPreview } from "./render";
