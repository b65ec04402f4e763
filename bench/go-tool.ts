import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { cache } from "../test/sandbox/ground/paths";
import { succeed } from "../test/support/execute";

/** A program that Go builds from the module proxy. */
export interface GoTool {
  /** Of its main package. */
  readonly path: string;
  readonly version: string;
}

/** Where the program and what belongs to it are kept. */
export const toolDirectory = ({ path, version }: GoTool): string =>
  join(cache, "bench", `${basename(path)}-${version}`);

/** Builds the program once, and returns its file. */
export async function installTool(tool: GoTool, env: NodeJS.ProcessEnv): Promise<string> {
  const { path, version } = tool;
  const directory = toolDirectory(tool);
  const file = join(directory, basename(path));
  if (!existsSync(file)) {
    process.stderr.write(`building ${basename(path)} ${version}, once…\n`);
    const goEnv = { ...env, GOBIN: directory, CGO_ENABLED: "0", GOFLAGS: "" };
    await succeed(["go", "install", "-trimpath", "-ldflags=-s -w", `${path}@${version}`], { env: goEnv });
  }
  return file;
}
