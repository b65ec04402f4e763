import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result, Run } from "../run";
import { preview, up, type UpdateOptions } from "./stack";
import { runsOwnBuild, stackResources } from "./state";
import { readEvents, type Told } from "./update-events";

/** How `pulumi up` ended, and what it did. */
interface Update extends Result, Pick<Told, "changed" | "resources"> {
  /** Whether the update built and pushed the image that the stack runs. */
  readonly built: boolean;
}

/** Runs `pulumi up` on a stack, with its progress shown. */
export async function update(run: Run, stack: string, options: UpdateOptions): Promise<Update> {
  const { pushed, hidden, ...told } = await withEvents((log) => up(run, stack, options, log));
  // The state hides nothing but secrets. After a failure it has outputs of an earlier update.
  const resources = told.status === 0 && hidden ? await stackResources(run, stack) : told.resources;
  return { ...told, resources, built: pushed && runsOwnBuild(resources) };
}

/** Runs `pulumi preview` on a stack. A name that Pulumi hides in its events stays hidden: a preview leaves no state. */
export async function previewUpdate(run: Run, stack: string, options: UpdateOptions): Promise<Result & Told> {
  return withEvents((log) => preview(run, stack, options, log));
}

/**
 * Only the engine's events say what a failed update did. The history counts the operations that succeeded alone, so a
 * Deployment whose rollout failed isn't in it.
 */
async function withEvents(work: (log: string) => Promise<Result>): Promise<Result & Told> {
  const directory = mkdtempSync(join(tmpdir(), "update-"));
  const log = join(directory, "events");
  try {
    const result = await work(log);
    return { ...result, ...readEvents(log) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
