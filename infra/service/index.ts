export { GoService } from "./go-service";
export { type LintWaiver, lintWaivers } from "./lint-waivers";
export { timing } from "./timing";
