import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Result, Run } from "./command";

/** How `pulumi up` ended. */
export interface Update extends Result {
  /** Whether the update changed a resource, or may have. */
  readonly changed: boolean;
}

const operation = z.object({
  op: z.string(),
  type: z.string(),
  old: z.object({ custom: z.boolean().default(false) }).nullish(),
  new: z.object({ custom: z.boolean().default(false) }).nullish(),
});
const event = z.object({
  resOutputsEvent: z.object({ metadata: operation }).optional(),
  /** 0: the provider did nothing, 1: it did a part, 2: nobody knows (`resource.Status` of Pulumi's SDK). */
  resOpFailedEvent: z.object({ metadata: operation, status: z.number() }).optional(),
});

/** Operations that change no resource. */
const harmless = [
  "same",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
];

/** Pushing an image changes nothing that runs, and neither does a migration: the pods change after it, and only if it succeeds. */
const beforePods = ["docker-build:index:Image", "kubernetes:batch/v1:Job"];

/**
 * Runs `pulumi up` on a stack from the project in `cwd`, with its progress shown.
 *
 * Only the engine's events say what a failed update did. The history counts the operations that succeeded alone, so a
 * Deployment whose rollout failed isn't in it. The flag `--event-log` exists where PULUMI_DEBUG_COMMANDS is set, which is how
 * Pulumi's Automation API reads events too.
 */
export async function update(run: Run, stack: string, options: readonly string[], cwd: string): Promise<Update> {
  const directory = mkdtempSync(join(tmpdir(), "update-"));
  const log = join(directory, "events");
  try {
    const result = await run(
      ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack, "--event-log", log, ...options],
      { show: true, env: { PULUMI_DEBUG_COMMANDS: "true" }, cwd },
    );
    return { ...result, changed: readEvents(log).some(changes) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The engine's events. There is no file where the engine never began: the stack was locked or its config wrong. */
function readEvents(log: string): readonly z.infer<typeof event>[] {
  try {
    const lines = readFileSync(log, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => event.parse(JSON.parse(line)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return [];
    }
    throw error;
  }
}

function changes({ resOutputsEvent: done, resOpFailedEvent: failed }: z.infer<typeof event>): boolean {
  const { metadata } = done ?? (failed?.status === 0 ? undefined : failed) ?? {};
  return (
    metadata !== undefined &&
    !harmless.includes(metadata.op) &&
    !beforePods.includes(metadata.type) &&
    // Components, and providers, which aren't reported, are in the state alone.
    (metadata.new?.custom ?? metadata.old?.custom ?? false)
  );
}
