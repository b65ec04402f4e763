import assert from "node:assert/strict";
import { execute, type Execution, succeed } from "../../support/execute";
import type { Project } from "../../support/project";

/** The command of a script of delivery/, as the workflows run it. */
export function command(name: string, args: readonly string[]): [string, ...string[]] {
  return [process.execPath, "--require", "./loader", `delivery/cli/${name}.ts`, ...args];
}

/** Runs a script of delivery/ in the project's directory. */
export function script(
  project: Project,
  name: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<Execution> {
  return execute(command(name, args), { cwd: project.cwd, env: { ...project.env, ...variables } });
}

/** Runs git in the project's directory. */
export async function git(project: Project, ...args: string[]): Promise<string> {
  const identity = ["-c", "user.name=e2e", "-c", "user.email=e2e@example.com"];
  return (await succeed(["git", ...identity, ...args], project)).trim();
}

/** Commits what the project's directory holds, and returns the commit: a release deploys nothing else. */
export async function commit(project: Project): Promise<string> {
  await git(project, "init", "--quiet");
  await git(project, "add", "--all");
  await git(project, "commit", "--quiet", "--allow-empty", "--message", "e2e");
  return git(project, "rev-parse", "HEAD");
}

/** The image that a stack's Deployment has the cluster run. */
export async function deployed(project: Project): Promise<string> {
  return project.kubectl("get", "deployment", "ping", "--output", "jsonpath={.spec.template.spec.containers[0].image}");
}

/** Asserts that nothing is left of an environment. */
export async function assertGone(environment: Project): Promise<void> {
  const namespace = await execute(["kubectl", "get", "namespace", environment.namespace], environment);
  assert.match(namespace.stderr, /NotFound/);
  const listed = await succeed(["pulumi", "stack", "ls", "--json"], environment);
  const stacks = JSON.parse(listed) as { readonly name: string }[];
  assert.ok(!stacks.some(({ name }) => name === environment.stack));
}
