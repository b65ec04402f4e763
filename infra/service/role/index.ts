export type { PodIdentity } from "./pod-identity";
export { podIdentityAgent, podRole } from "./pod-role";
