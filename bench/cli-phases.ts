import { execute } from "../test/support/execute";
import type { Project } from "../test/support/project";

/** Phases of a command, in their order: a name, and the message of the CLI's log that ends the phase. "CLI ends" follows. */
export type Phases = readonly (readonly [name: string, end: RegExp])[];

/**
 * v3.274.1 of the CLI starts the language host twice: to ask it what it is, for the update's metadata, and to run the
 * program. The SDK's message "Running program" ends no phase: it reaches the log before or after the program loads.
 */
export const previewPhases: Phases = [
  ["CLI starts", /^newPlugin\(\): Launching plugin 'nodejs'/],
  ["language host: asked what it is", /^Waiting for language runtime metadata/],
  ["CLI opens the stack", /^newPlugin\(\): Launching plugin 'nodejs'/],
  ["language host: starts, lists plugins", /^langhost\[nodejs\]\.Run\(.*executing/],
  ["node, tsx and @pulumi/pulumi start", /^ResourceMonitor\.RegisterResource received: t=pulumi:pulumi:Stack/],
  ["program runs, providers start", /^langhost\[nodejs\]\.Run\(.*success/],
];

/** The engine calls the program before it makes or changes the stash of verified binaries. */
const toVerification = /^calling hook "\S+-binaries"/;
const verified = ["binaries of both platforms verified", /^ResourceHook \S+-binaries returned/] as const;

const toDeployment = /^Provider\[\w+\]\.(Create|Update)\(.*apps\/v1:Deployment.*executing/;
const deployed: Phases = [
  ["the Deployment's pods get ready", /^Provider\[\w+\]\.(Create|Update)\(.*apps\/v1:Deployment.*success/],
  ["objects after it", /^langhost\[nodejs\]\.Run\(.*success/],
];

/** Of the first `pulumi up` of a stack, whose image is given. */
export const firstUpPhases: Phases = [
  ["CLI, program and providers start, index read back", toVerification],
  verified,
  ["objects before the Deployment", toDeployment],
  ...deployed,
];

/** Of a `pulumi up` that builds the image anew. */
export const buildingUpPhases: Phases = [
  ["CLI, program and providers start", /^Provider\[\w+\]\.Update\(.*docker-build:index:Image.*executing/],
  ["image built and pushed", /^Provider\[\w+\]\.Update\(.*docker-build:index:Image.*success/],
  ["index read back", toVerification],
  verified,
  ["objects compared", toDeployment],
  ...deployed,
];

interface Line {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly message: string;
}

function parseLine(line: string): Line[] {
  if (!line.startsWith('{"time"')) {
    return [];
  }
  const { time, msg } = JSON.parse(line) as { time: string; msg: string };
  return [{ time: Date.parse(time), message: msg }];
}

/** Reads the log of a command. Anything else that was written between its lines is left out. */
export const parseLog = (log: string): Line[] => log.split("\n").flatMap(parseLine);

/** What a command's log says, and when the command began and ended, in milliseconds since the epoch. */
interface LoggedCommand {
  readonly log: readonly Line[];
  readonly begin: number;
  readonly end: number;
}

/** Runs the CLI on a stack with its log on, which costs time of its own. */
export async function withLog(
  { cwd, stack, env }: Project,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<LoggedCommand> {
  const begin = Date.now();
  const { status, stderr } = await execute(["pulumi", ...args, "--stack", stack, "--logtostderr", "-v=9"], {
    cwd,
    env: { ...env, ...variables },
  });
  const end = Date.now();
  if (status !== 0) {
    throw new Error(`pulumi ${args.join(" ")} with the log on ended with ${String(status)}\n${stderr}`);
  }
  return { log: parseLog(stderr), begin, end };
}

/**
 * Phase → its length in milliseconds. They add up to the whole.
 * @throws Error naming the phase whose end the log doesn't show: another version of the CLI says it otherwise.
 */
export function phaseLengths(phases: Phases, { log, begin, end }: LoggedCommand): Map<string, number> {
  const lengths = new Map<string, number>();
  let cursor = 0;
  let from = begin;
  for (const [name, pattern] of phases) {
    const index = log.findIndex(({ message }, at) => at >= cursor && pattern.test(message));
    const line = log[index];
    if (line === undefined) {
      throw new Error(`the log of the Pulumi CLI doesn't show where "${name}" ends: ${pattern.source}`);
    }
    lengths.set(name, line.time - from);
    from = line.time;
    cursor = index + 1;
  }
  return lengths.set("CLI ends", end - from);
}

/** Provider plugin → milliseconds from its launch to its first answer. */
export function pluginStarts(log: readonly Line[]): Map<string, number> {
  const starts = new Map<string, number>();
  log.forEach(({ time, message }, index) => {
    const [, name, path] = /^newPlugin\(\): Launching plugin '(\S+) \(resource\)' from '([^']+)'/.exec(message) ?? [];
    if (name === undefined || path === undefined) {
      return;
    }
    const answer = log.find(
      (line, at) => at > index && line.message.startsWith("Handshake:") && line.message.includes(path),
    );
    if (answer !== undefined) {
      starts.set(name, answer.time - time);
    }
  });
  return starts;
}

/** How many calls of providers there were, and their lengths' sum in milliseconds. */
export function providerCalls(log: readonly Line[]): { readonly count: number; readonly total: number } {
  const begun = new Map<string, number>();
  let [count, total] = [0, 0];
  for (const { time, message } of log) {
    const [, call, what] = /^(Provider\[\w+\]\.\w+\(.*?\)):? (executing|success)/.exec(message) ?? [];
    if (call === undefined) {
      continue;
    }
    const begin = begun.get(call);
    if (what === "executing") {
      begun.set(call, time);
    } else if (begin !== undefined) {
      [count, total] = [count + 1, total + time - begin];
    }
  }
  return { count, total };
}
