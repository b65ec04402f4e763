export { GoService } from "./go-service";
export { podMonitors } from "./metrics";
export { type LintWaiver, lintWaivers } from "./lint-waivers";
export { timing } from "./timing";
