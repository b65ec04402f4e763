import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { Failure } from "./failure";
import { reasonOf } from "./plugin-error";

/** A resource, as the last update of this stack recorded it. */
export interface OwnResource {
  readonly type: string;
  /** Its name in Pulumi. */
  readonly name: string;
  readonly outputs: unknown;
}

const resources = z.object({
  outputs: z.record(z.string(), z.object({ type: z.string(), outputs: z.unknown() })),
});

/**
 * Reads the resources in this stack's own state, which has none before the first update.
 *
 * @throws Failure if the state can't be read.
 */
export async function ownResources(): Promise<readonly OwnResource[]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const answer: unknown = await pulumi.runtime
    .invoke("pulumi:pulumi:readStackResourceOutputs", { stackName })
    .catch((error: unknown) => {
      throw new Failure(`the state of the stack ${stackName} can't be read: ${reasonOf(error)}.`);
    });
  return Object.entries(resources.parse(answer).outputs).map(([urn, { type, outputs }]) => ({
    type,
    name: urn.slice(urn.lastIndexOf("::") + 2),
    outputs,
  }));
}
