import { z } from "zod";
import { outputOf, type Run } from "../run";

/** A stack's tags: name → value. A self-managed backend has them too. */
export type Tags = Readonly<Record<string, string>>;

/** Reads all tags of a stack. */
export async function readTags(run: Run, stack: string): Promise<Tags> {
  const listed = await outputOf(run, ["pulumi", "stack", "tag", "ls", "--json", "--stack", stack]);
  return z.record(z.string(), z.string()).parse(JSON.parse(listed));
}

/** Sets one tag of a stack. */
export async function setTag(run: Run, stack: string, name: string, value: string): Promise<void> {
  await outputOf(run, ["pulumi", "stack", "tag", "set", name, value, "--stack", stack]);
}

/** Removes one tag of a stack. */
export async function removeTag(run: Run, stack: string, name: string): Promise<void> {
  await outputOf(run, ["pulumi", "stack", "tag", "rm", name, "--stack", stack]);
}
