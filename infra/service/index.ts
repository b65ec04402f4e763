export { hashEnv } from "./env-secret";
export { GoService } from "./go-service";
export { podMonitors } from "./metrics";
export { type LintWaiver, lintWaivers } from "./lint-waivers";
export type { PodIdentity } from "./pod-identity";
export { podRole } from "./pod-role";
export { hardLimits } from "./quota";
export { timing } from "./timing";
