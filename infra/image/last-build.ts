import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** What a build is told of the login to a registry. */
export interface RegistryLogin {
  readonly address: string;
  readonly username: string;
  /** Left out where nothing is pushed. */
  readonly password?: pulumi.Input<string>;
}

/** What Pulumi's state has of a build. */
export interface LastBuild {
  readonly tags: readonly string[];
  readonly registries: readonly RegistryLogin[];
}

/**
 * The registries for a build. Of a tag that is in the state, they are those in the state, without passwords: nothing is
 * pushed. The docker-build provider compares their number, addresses and users. Without this, it would build and push
 * the same tag again after the first `docker login`, and with each change between machines with and without one. ECR
 * refuses a tag that exists.
 *
 * @param needed What a push needs.
 */
export function keepRegistries(last: LastBuild | undefined, tag: string, needed: RegistryLogin[]): RegistryLogin[] {
  if (last === undefined || !last.tags.includes(tag) || compared(last.registries) === compared(needed)) {
    return needed;
  }
  return last.registries.map(({ address, username }) => ({ address, username }));
}

function compared(registries: readonly RegistryLogin[]): string {
  return JSON.stringify(registries.map(({ address, username }) => [address, username]));
}

/** Reads the state of this stack's last update. Undefined if it has no build of this name. */
export async function lastBuild(name: string): Promise<LastBuild | undefined> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName });
  const [, found] =
    Object.entries(resources.parse(answer).outputs).find(
      ([urn, { type }]) => type === "docker-build:index:Image" && urn.endsWith(`::${name}`),
    ) ?? [];
  return found && build.parse(found.outputs);
}

const resources = z.object({
  outputs: z.record(z.string(), z.object({ type: z.string(), outputs: z.unknown() })),
});

const build = z.object({
  tags: z.array(z.string()).default([]),
  registries: z.array(z.object({ address: z.string(), username: z.string().default("") })).default([]),
});
