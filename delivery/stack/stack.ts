import { z } from "zod";
import { Failure } from "../../common";
import { type Command, outputIn, outputOf, type Result, type Run } from "../run";

/** What an update or a preview of a stack is told. */
export interface UpdateOptions {
  /** The directory of the project. */
  readonly cwd: string;
  /** A directory of the project with a policy pack that the stack must satisfy. */
  readonly policyPack?: string | undefined;
  /** Config keys → values, which Pulumi writes to the stack's file first. */
  readonly config?: Readonly<Record<string, string>> | undefined;
}

/** A stack's tags: name → value. A self-managed backend has them too. */
export type Tags = Readonly<Record<string, string>>;

/** The exit status that says that there is no such stack (`ExitStackNotFound`, a contract of Pulumi's CLI since 3.226.1). */
const notFound = 6;

/** A command of Pulumi about one stack. Each starts the CLI and reads the backend, which takes half a second at least. */
const about = (stack: string, ...words: readonly string[]): Command => ["pulumi", ...words, "--stack", stack];

const stacks = z.array(z.object({ name: z.string(), lastUpdate: z.string().optional() }));

/** All stacks of this project, each with the time of its last update; without one before the first. */
export async function listStacks(run: Run): Promise<z.infer<typeof stacks>> {
  return stacks.parse(JSON.parse(await outputOf(run, ["pulumi", "stack", "ls", "--json"])));
}

/** Removes a stack that has no resources any more, with its tags. */
export async function removeStack(run: Run, stack: string): Promise<void> {
  await outputOf(run, about(stack, "stack", "rm", "--yes"));
}

/** Removes a stack and leaves its resources as they are. It runs nothing that the stack's state names. */
export function forgetStack(run: Run, stack: string): Promise<Result> {
  return run(about(stack, "stack", "rm", "--force", "--yes"));
}

/** Deploys a stack, with its progress shown, and writes the engine's events to a file. */
export function up(run: Run, stack: string, options: UpdateOptions, eventLog: string): Promise<Result> {
  return withEventLog(run, about(stack, "up", "--yes", "--skip-preview"), options, eventLog);
}

/** Previews {@link up}. */
export function preview(run: Run, stack: string, options: UpdateOptions, eventLog: string): Promise<Result> {
  return withEventLog(run, about(stack, "preview"), options, eventLog);
}

/** The flag `--event-log` exists where PULUMI_DEBUG_COMMANDS is set. Pulumi's Automation API reads events this way too. */
function withEventLog(run: Run, command: Command, options: UpdateOptions, eventLog: string): Promise<Result> {
  const env = { PULUMI_DEBUG_COMMANDS: "true" };
  return run([...command, "--event-log", eventLog, ...flags(options)], { show: true, env, cwd: options.cwd });
}

/** Compares what runs with what the program says, as JSON. */
export function previewRefreshed(run: Run, stack: string, options: UpdateOptions): Promise<Result> {
  // A refresh reads ECR with the token that the program fetches; the one in the state is too old
  // (pulumi/pulumi-docker-build#424).
  const refresh = ["--refresh", "--run-program", "--json"];
  return run([...about(stack, "preview"), ...refresh, ...flags(options)], { cwd: options.cwd });
}

function flags({ policyPack, config = {} }: UpdateOptions): string[] {
  const values = Object.entries(config).flatMap(([key, value]) => ["--config", `${key}=${value}`]);
  return [...(policyPack === undefined ? [] : ["--policy-pack", policyPack]), ...values];
}

/** Removes the resources of a stack, with its progress shown. */
export function destroy(run: Run, stack: string): Promise<Result> {
  return run(about(stack, "destroy", "--yes", "--skip-preview"), { show: true });
}

/** Takes away every lock of a stack. */
export async function unlock(run: Run, stack: string): Promise<void> {
  await outputOf(run, about(stack, "cancel", "--yes"));
}

/** The value of a config key in the project in `cwd`; undefined without one. */
export async function configValue(run: Run, stack: string, key: string, cwd: string): Promise<string | undefined> {
  const { status, stdout } = await run(about(stack, "config", "get", key), { cwd });
  return status === 0 ? stdout.trim() : undefined;
}

/** A stack's state as JSON, its secrets encrypted. No passphrase is needed. */
export async function exportState(run: Run, stack: string): Promise<string> {
  return outputOf(run, about(stack, "stack", "export"));
}

const tagsSchema = z.record(z.string(), z.string());

/** All tags of a stack; undefined where there is no such stack. */
export async function findTags(run: Run, stack: string): Promise<Tags | undefined> {
  const command = about(stack, "stack", "tag", "ls", "--json");
  const listed = await run(command);
  return listed.status === notFound ? undefined : tagsSchema.parse(JSON.parse(outputIn(listed, command)));
}

/** All tags of a stack. @throws Failure where there is no such stack. */
export async function readTags(run: Run, stack: string): Promise<Tags> {
  const tags = await findTags(run, stack);
  if (tags === undefined) {
    throw new Failure(
      `there is no stack ${stack}: make it with pulumi stack init ${stack}, or check PULUMI_BACKEND_URL`,
    );
  }
  return tags;
}

/** Makes a stack unless it is there. @returns Its tags. */
export async function ensureStack(run: Run, stack: string): Promise<Tags> {
  const tags = await findTags(run, stack);
  if (tags === undefined) {
    await outputOf(run, ["pulumi", "stack", "init", stack, "--no-select"]);
  }
  return tags ?? {};
}

/** Gives a stack those of the tags whose values it doesn't have. */
export async function setTags(run: Run, stack: string, tags: Tags, has: Tags = {}): Promise<void> {
  for (const [name, value] of Object.entries(tags).filter(([each, value]) => has[each] !== value)) {
    await outputOf(run, about(stack, "stack", "tag", "set", name, value));
  }
}

/** Removes one tag of a stack. */
export async function removeTag(run: Run, stack: string, name: string): Promise<void> {
  await outputOf(run, about(stack, "stack", "tag", "rm", name));
}
