import { z } from "zod";
import { parsePinned } from "../../common";
import type { Run } from "../run";
import { exportState } from "./stack";

const state = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), inputs: z.unknown().optional(), outputs: z.unknown().optional() }))
      .default([]),
  }),
});

/** A resource of a stack's state. A secret in it is an object that holds the encrypted text. */
export type Resource = z.infer<typeof state>["deployment"]["resources"][number];

/** The resources in a stack's state, where they are also after an update that failed. */
export async function stackResources(run: Run, stack: string): Promise<readonly Resource[]> {
  return readResources(await exportState(run, stack));
}

/** The resources of an exported state. */
export function readResources(exported: string): readonly Resource[] {
  return state.parse(JSON.parse(exported)).deployment.resources;
}

/** The resource whose outputs are the stack's. */
export const stackType = "pulumi:pulumi:Stack";

/** The resource that builds and pushes the image. */
export const imageType = "docker-build:index:Image";

/** The resource that runs the service. */
export const deploymentType = "kubernetes:apps/v1:Deployment";

/** What Pulumi writes instead of a secret of the config, and of one of a URL, in events and previews. */
export const hiding = /\[(?:secret|credential)\]/;

const text = z
  .string()
  .refine((value) => !hiding.test(value))
  .optional()
  .catch(undefined);
const outputs = z.object({
  image: text,
  platforms: z.record(z.string(), z.string()).optional().catch(undefined),
  url: text,
  internalUrl: text,
});

/** Outputs of infra/index.ts. One that the stack doesn't have, that is a secret or that Pulumi hides is undefined. */
interface Outputs {
  /** `repository@sha256:…` of the index. */
  readonly image: string | undefined;
  /** Platform → digest of its manifest. */
  readonly platforms: Readonly<Record<string, string>> | undefined;
  /** Where the service is outside of the cluster. */
  readonly publicUrl: string | undefined;
}

/** The outputs among a stack's resources. */
export function stackOutputs(resources: readonly Resource[]): Outputs {
  const found = resources.find(({ type }) => type === stackType)?.outputs;
  const { image, platforms, url, internalUrl } = outputs.parse(found ?? {});
  // The internal URL is an output of its own only beside a URL outside of the cluster.
  return { image, platforms, publicUrl: internalUrl === undefined ? undefined : url };
}

const buildOutputs = z.object({ digest: z.string() });

/** Whether the image that a stack runs is the one that its build pushed. Another build of the same content may be quicker. */
export function runsOwnBuild(resources: readonly Resource[]): boolean {
  const { image = "" } = stackOutputs(resources);
  const build = resources.find(({ type }) => type === imageType)?.outputs;
  return parsePinned(image)?.digest === (buildOutputs.safeParse(build).data?.digest ?? "");
}
