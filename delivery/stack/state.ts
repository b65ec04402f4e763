import { z } from "zod";
import { outputOf, type Run } from "../run";

const state = z.object({
  deployment: z.object({
    resources: z.array(z.object({ type: z.string(), inputs: z.unknown().optional() })).default([]),
  }),
});

/** A resource of a stack's state. */
export type Resource = z.infer<typeof state>["deployment"]["resources"][number];

/** The resources in a stack's state, where they are also after an update that failed. */
export async function stackResources(run: Run, stack: string): Promise<readonly Resource[]> {
  return readResources(await exportState(run, stack));
}

/** A stack's state as JSON, its secrets encrypted. No passphrase is needed. */
export async function exportState(run: Run, stack: string): Promise<string> {
  return outputOf(run, ["pulumi", "stack", "export", "--stack", stack]);
}

/** The resources of an exported state. */
export function readResources(exported: string): readonly Resource[] {
  return state.parse(JSON.parse(exported)).deployment.resources;
}
