import { spawn } from "node:child_process";
import { terminate } from "./program";

/** Everything that the engine says about one start of a policy pack, and where its output goes. */
export interface PolicyPack {
  /** The SDK's `cmd/run-policy-pack` module, absolute. */
  readonly runner: string;
  /** Where PulumiPolicy.yaml is. */
  readonly directory: string;
  /** The engine's address, after its flags. */
  readonly args: readonly string[];
  /** Variables as `NAME=value`: all of them, not only those to add. */
  readonly environment: readonly string[];
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
}

/**
 * Runs a policy pack as the real language host does: in its own directory, which is also its last argument. Its first line
 * of output is the port that the engine connects to. Resolves with its exit code; when `signal` is aborted it is ended.
 *
 * The real host also passes the stack's config in the environment, which it asks the engine for in the pack's stead. This
 * one doesn't: a policy that wants config gets it from `--policy-pack-config`.
 */
export function spawnPolicyPack(
  { runner, directory, args, environment, onStdout, onStderr }: PolicyPack,
  signal: AbortSignal,
): Promise<number> {
  const variables = environment.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]);
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve(1);
      return;
    }
    const child = spawn(process.execPath, [runner, ...args, directory], {
      cwd: directory,
      env: Object.fromEntries(variables) as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const end = () => terminate(child);
    signal.addEventListener("abort", end, { once: true });
    child.stdout.on("data", onStdout);
    child.stderr.on("data", onStderr);
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", end);
      resolve(code ?? 1);
    });
  });
}
