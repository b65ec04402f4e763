import { z } from "zod";
import { outputOf, type Run } from "../run";
import type { Environment } from "./environment";

const list = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

const kubectl = (context: string | undefined) =>
  ["kubectl", ...(context === undefined ? [] : ["--context", context])] as const;

/** The names of all namespaces of the cluster. */
export async function namespaceNames(context: string | undefined, run: Run): Promise<readonly string[]> {
  const listed = await outputOf(run, [...kubectl(context), "get", "namespaces", "--output", "json"]);
  return list.parse(JSON.parse(listed)).items.map(({ metadata }) => metadata.name);
}

/** Removes an environment's namespace with all that is in it, also what no stack knows of. One that isn't there is no error. */
export async function removeNamespace(
  { namespace }: Environment,
  context: string | undefined,
  run: Run,
): Promise<void> {
  await outputOf(run, [
    ...kubectl(context),
    ...(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=10m"] as const),
  ]);
}
