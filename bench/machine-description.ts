import { cpus, loadavg, totalmem } from "node:os";
import { checkout } from "../test/sandbox/ground/paths";
import { succeed } from "../test/support/execute";

/** What a reader has to know about a run: the machine, how busy it was, the versions. */
export async function describeMachine(env: NodeJS.ProcessEnv): Promise<string> {
  const git = (...args: string[]) => succeed(["git", ...args], { cwd: checkout });
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const go = (await succeed(["go", "env", "GOVERSION"], { env })).trim();
  const pulumi = (await succeed(["pulumi", "version"], { env })).trim();
  const commit = (await git("rev-parse", "--short", "HEAD")).trim();
  const changed = (await git("status", "--porcelain")) === "" ? "" : " and uncommitted changes";
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return (
    `Last run: ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${model}), ${memory} GiB, load average ` +
    `${load} at the start; Pulumi ${pulumi}, Node.js ${process.version}, ${go}; commit ${commit}${changed}. The sandbox, ` +
    "with its one-node cluster, ran on the same machine."
  );
}
