export { githubRoles } from "./github-roles";
