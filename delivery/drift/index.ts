export { previewDrift } from "./drift-preview";
export { driftMarker, driftTitle, renderDrift } from "./drift";
