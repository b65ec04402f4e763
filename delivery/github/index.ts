export { type DeploymentStatus, GitHub, gitHubFromEnvironment } from "./github";
export { type Job, jobFromEnvironment } from "./job";
