export { attest, isSigned } from "./attest";
export { provenance } from "./provenance";
export { verify } from "./verify";
