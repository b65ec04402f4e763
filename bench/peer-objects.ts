import type { Project } from "../test/support/project";

/** The Kubernetes objects of a deployed stack, in the order of their creation, in a namespace of another name. */
export async function objectsOf(project: Project, namespace: string): Promise<string> {
  const withoutPulumis = (key: string, value: unknown) => (key.startsWith("__") ? undefined : value);
  const { resources } = await project.state();
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
  const items = objects.map(({ inputs }) => inputs);
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }, withoutPulumis).replaceAll(
    `"${project.namespace}"`,
    `"${namespace}"`,
  );
}
