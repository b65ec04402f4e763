export { cleaner, githubRoles } from "./github-roles";
