import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { OwnResource } from "../base";

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

/** Finds a build in what this stack's last update recorded. Undefined if there is none of this name. */
export function lastBuild(name: string, own: readonly OwnResource[]): LastBuild | undefined {
  const found = own.find((each) => each.type === "docker-build:index:Image" && each.name === name);
  return found && build.parse(found.outputs);
}

const build = z.object({
  tags: z.array(z.string()).default([]),
  registries: z.array(z.object({ address: z.string(), username: z.string().default("") })).default([]),
});
