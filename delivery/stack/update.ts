import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command, Result, Run } from "../run";
import { readEvents, type Told } from "./update-events";

/** How `pulumi up` ended, and what it did. */
export type Update = Result & Told;

/**
 * Runs `pulumi up` on a stack from the project in `cwd`, with its progress shown.
 */
export function update(run: Run, stack: string, options: readonly string[], cwd: string): Promise<Update> {
  return withEvents(run, ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack], options, cwd);
}

/** Runs `pulumi preview` likewise. */
export function preview(run: Run, stack: string, options: readonly string[], cwd: string): Promise<Update> {
  return withEvents(run, ["pulumi", "preview", "--stack", stack], options, cwd);
}

/**
 * Only the engine's events say what a failed update did. The history counts the operations that succeeded alone, so a
 * Deployment whose rollout failed isn't in it. The flag `--event-log` exists where PULUMI_DEBUG_COMMANDS is set, which is how
 * Pulumi's Automation API reads events too.
 */
async function withEvents(run: Run, command: Command, options: readonly string[], cwd: string): Promise<Update> {
  const directory = mkdtempSync(join(tmpdir(), "update-"));
  const log = join(directory, "events");
  try {
    const env = { PULUMI_DEBUG_COMMANDS: "true" };
    const result = await run([...command, "--event-log", log, ...options], { show: true, env, cwd });
    return { ...result, ...readEvents(log) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
