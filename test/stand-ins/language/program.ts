import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";

/** Everything that the engine says about one run of a program. */
export interface Invocation {
  /** The SDK's `cmd/run` module, absolute. */
  readonly runner: string;
  /** Where the program runs. */
  readonly directory: string;
  /** Where Pulumi.yaml is. */
  readonly rootDirectory: string;
  /** `main` of Pulumi.yaml; "." leaves the choice to package.json. */
  readonly entryPoint: string;
  /** host:port of the resource monitor. */
  readonly monitor: string;
  /** host:port of the engine. */
  readonly engine: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  /** A preview. */
  readonly dryRun: boolean;
  /** How many resource operations may run at the same time. */
  readonly parallel: number;
  /** `namespace:key` to value, secrets decrypted. */
  readonly config: Readonly<Record<string, string>>;
  /** The keys of `config` that are secrets. */
  readonly secretKeys: readonly string[];
  /** `runtime.options.nodeargs` of Pulumi.yaml. */
  readonly nodeargs: string;
  /** Whether the SDK loads ts-node: `runtime.options.typescript` of Pulumi.yaml, by default true. */
  readonly typescript: boolean;
}

/** What a run of a program came to, for the engine. */
export interface Outcome {
  /** The program has already told the user why it failed, so nothing is to be added. */
  readonly bail: boolean;
  /** What the engine prints; "" when there was no error, or when it is a bail. */
  readonly error: string;
}

/** The exit code by which `@pulumi/pulumi/cmd/run` says that it has already printed what went wrong. */
const exitedAfterLogging = 32;

/** How long a program has between SIGTERM and SIGKILL, in milliseconds. */
const grace = 1000;

/** The command line of node for an invocation, in the order that the SDK's `cmd/run` expects. */
export function nodeArguments(invocation: Invocation): string[] {
  return [
    ...invocation.nodeargs.split(" ").filter(Boolean),
    invocation.runner,
    ...["--monitor", invocation.monitor],
    ...["--engine", invocation.engine],
    ...["--organization", invocation.organization],
    ...["--project", invocation.project],
    ...["--root-directory", invocation.rootDirectory],
    ...["--stack", invocation.stack],
    ...["--pwd", invocation.directory],
    ...(invocation.dryRun ? ["--dry-run"] : []),
    ...["--parallel", String(invocation.parallel)],
    invocation.entryPoint,
  ];
}

/** The variables that an invocation adds to the environment. */
export function nodeEnvironment({ config, secretKeys, typescript }: Invocation): Record<string, string> {
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
    PULUMI_NODEJS_TYPESCRIPT: String(typescript),
  };
}

/** What the engine is told about an exit code, in the words of the real language host. */
export function outcome(code: number | null, signal: NodeJS.Signals | null): Outcome {
  if (signal !== null) {
    return { bail: false, error: `Program exited unexpectedly: killed by ${signal}` };
  }
  if (code === 0 || code === exitedAfterLogging) {
    return { bail: code !== 0, error: "" };
  }
  return { bail: false, error: `Program exited with non-zero exit code: ${code}` };
}

/**
 * Runs node and resolves when it has exited. Its output goes where this process's output goes, which is to the engine.
 * When `signal` is aborted it is terminated, and killed a second later.
 */
export function spawnProgram(
  program: { args: readonly string[]; directory: string; environment: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve({ code: null, signal: "SIGTERM" });
      return;
    }
    const child = spawn(process.execPath, program.args, {
      cwd: program.directory,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...program.environment },
    });
    const end = () => {
      terminate(child);
    };
    signal.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("exit", (code, killedBy) => {
      signal.removeEventListener("abort", end);
      resolve({ code, signal: killedBy });
    });
  });
}

/** Ends a process gently, and a second later for certain. */
export function terminate(child: ChildProcess): void {
  child.kill(constants.signals.SIGTERM);
  const kill = setTimeout(() => child.kill(constants.signals.SIGKILL), grace);
  child.once("exit", () => {
    clearTimeout(kill);
  });
}
