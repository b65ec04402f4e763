import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "../ground/run";
import { cache, checkout } from "../ground/paths";
import { step } from "../ground/progress";
import { locate } from "../ground/which";

/**
 * The directory of the commands of a Python virtual environment that holds exactly what a requirements file pins, itself
 * complete with what those need. It is made the first time, from PyPI, and again for another file or another Python.
 * @param name What it is called in the cache, of letters alone: it becomes part of scripts' first lines.
 * @throws Failure where there is no python3, or one without venv (Debian's package python3-venv).
 */
export async function pythonEnvironment(name: string, requirements: string, signal: AbortSignal): Promise<string> {
  const python = locate("python3");
  const version = await run([python, "--version"], { signal });
  const key = createHash("sha256").update(python).update(version).update(readFileSync(requirements)).digest("hex");
  const directory = join(cache, "python", `${name}-${key.slice(0, 12)}`);
  // In place, unlike a binary: its scripts name their interpreter by its full path.
  const complete = join(directory, "complete");
  if (!existsSync(complete)) {
    await step(`installing what ${relative(checkout, requirements)} pins, from PyPI`, async () => {
      rmSync(directory, { recursive: true, force: true });
      await run([python, "-m", "venv", directory], { signal });
      const install = ["install", "--no-input", "--disable-pip-version-check", "--no-deps", "--requirement"];
      await run([join(directory, "bin", "pip"), ...install, requirements], { signal });
      await run([join(directory, "bin", "pip"), "--disable-pip-version-check", "check"], { signal });
      writeFileSync(complete, "");
    });
  }
  return join(directory, "bin");
}
