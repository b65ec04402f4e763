import type { Project } from "../test/support/project";

interface Resource {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The Kubernetes objects of a deployed stack, in the order of their creation, in a namespace of another name. */
export async function objectsOf(project: Project, namespace: string): Promise<string> {
  const withoutPulumis = (key: string, value: unknown) => (key.startsWith("__") ? undefined : value);
  const { deployment } = JSON.parse(await project.pulumi("stack", "export"), withoutPulumis) as {
    deployment: { resources: readonly Resource[] };
  };
  const objects = deployment.resources.filter(({ type }) => type.startsWith("kubernetes:"));
  const items = objects.map(({ inputs }) => inputs);
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }).replaceAll(
    `"${project.namespace}"`,
    `"${namespace}"`,
  );
}
