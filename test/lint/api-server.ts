import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { execute, succeed } from "../support/execute";
import type { Finding } from "./finding";
import { type Manifest, nameOf } from "./manifests";

/** What has to be there for the admission of pods to look at a pod at all. */
const prerequisites = ["Namespace", "ServiceAccount"];

const workload = z.object({
  spec: z.object({ template: z.object({ metadata: z.looseObject({}), spec: z.looseObject({}) }) }),
});

/** The pod that a Deployment or a Job makes: Pod Security admission refuses pods, and of these says nothing. */
export function podOf(owner: Manifest): Manifest {
  const { metadata, spec } = workload.parse(owner).spec.template;
  const { name, namespace } = owner.metadata;
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name, namespace }, spec };
}

/**
 * What an API server says against a stack's objects and its pods: refusals and warnings. Unknown and duplicate fields
 * are refused. All is a dry run but for {@link prerequisites}, which are made for the while.
 * @param directory An empty one, for the objects' files.
 */
export async function dryRun(
  manifests: readonly Manifest[],
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  mkdirSync(directory);
  const made = manifests.filter(({ kind }) => prerequisites.includes(kind));
  const rest = manifests.filter(({ kind }) => !prerequisites.includes(kind));
  const pods = manifests.filter(({ kind }) => ["Deployment", "Job"].includes(kind)).map(podOf);
  try {
    const findings: Finding[] = [];
    // In their order: a namespace is registered before what is in it.
    for (const each of made) {
      findings.push(...(await apply(each, directory, env, [])));
    }
    const dry = [...rest, ...pods].map((each) => apply(each, directory, env, ["--dry-run=server"]));
    return [...findings, ...(await Promise.all(dry)).flat()];
  } finally {
    // A namespace takes along what is in it.
    const outermost = made.filter(({ metadata }) => metadata.namespace === undefined).map(nameOf);
    await succeed(["kubectl", "delete", "--ignore-not-found", ...outermost], { env });
  }
}

async function apply(
  manifest: Manifest,
  directory: string,
  env: NodeJS.ProcessEnv,
  options: readonly string[],
): Promise<Finding[]> {
  const object = nameOf(manifest);
  const file = join(directory, `${manifest.kind}-${manifest.metadata.name}.json`);
  writeFileSync(file, JSON.stringify(manifest));
  const kubectl = ["apply", "--server-side", "--validate=strict", "--field-manager=lint", ...options];
  const { status, stderr } = await execute(["kubectl", ...kubectl, "--filename", file], { env });
  const warnings = stderr.split("\n").filter((line) => line.startsWith("Warning: "));
  return [
    ...warnings.map((message) => ({ checker: "API server", rule: "warning", object, message })),
    ...(status === 0 ? [] : [{ checker: "API server", rule: "refusal", object, message: stderr.trim() }]),
  ];
}
