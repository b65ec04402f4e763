import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { OwnResource } from "../../../common";
import { nonRoot, type User } from "./user";

/** Arguments of {@link rememberedUser}. */
interface RememberedUserArgs {
  /** The user that this update has read. Undefined if it has read none. */
  readonly read: pulumi.Input<User | undefined>;
  /** What this stack's last update recorded. */
  readonly own: readonly OwnResource[];
}

/**
 * Remembers the user of an image in Pulumi's state, as a stash. Nobody can read the user of an image that isn't pushed, and
 * a preview's role may not read the configuration of one that is. So a preview has the remembered user, and so has an
 * update of the same image.
 *
 * @returns The user, once it is remembered. A preview doesn't know it if no update has remembered one.
 */
export function rememberedUser(
  name: string,
  { read, own }: RememberedUserArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<User> {
  const stash = own.find((each) => each.type === "pulumi:index:Stash" && each.name === name);
  const former = remembered.parse(stash?.outputs)?.input;
  const input = pulumi.runtime.isDryRun()
    ? pulumi.output(former).apply((user) => user ?? pulumi.unknown)
    : pulumi.output(read).apply((user) => user ?? former ?? nonRoot);
  return new pulumi.Stash(name, { input }, opts).input.apply((user: User) => user);
}

const remembered = z.object({ input: z.object({ uid: z.number(), gid: z.number() }) }).optional();
