export { hashEnv } from "./secrets";
export { GoService } from "./go-service";
export { podMonitors } from "./metrics";
export { type LintWaiver, lintWaivers } from "./lint-waivers";
export { type PodIdentity, podRole } from "./pod-role";
export { hardLimits } from "./quota";
export { timing } from "./timing";
