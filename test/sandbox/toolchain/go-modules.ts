import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../../common";
import { run } from "../ground/run";
import { which } from "../ground/which";

/** A Go module below `binaries/`. Its go.mod is the one place where the version of anything that it builds stands. */
export type Module =
  | "common"
  | "checkers"
  | "docker"
  | "docker-tools"
  | "kubernetes-provider"
  | "provenance"
  | "runc"
  | "traefik";

/** Where a module's go.mod is. */
export const moduleDirectory = (module: Module): string => join(__dirname, "binaries", module);

/**
 * The version that a go.mod requires of another module, as `v1.2.3`.
 * @throws Failure when it requires none.
 */
export function versionOf(module: Module, path: string): string {
  const file = join(moduleDirectory(module), "go.mod");
  const words = readFileSync(file, "utf8")
    .split("\n")
    .map((line) =>
      line
        .replace(/^require /, "")
        .trim()
        .split(" "),
    );
  const version = words.find(([name]) => name === path)?.[1];
  if (version === undefined) {
    throw new Failure(`${file} requires no ${path}`);
  }
  return version;
}

/**
 * The version of the Go that builds the sandbox's binaries.
 * @throws Failure without Go, or with one that is older than `binaries/common/go.mod` asks for and that may not fetch
 * another (GOTOOLCHAIN).
 */
export async function goVersion(signal: AbortSignal): Promise<string> {
  if (which("go") === undefined) {
    const required = versionOf("common", "go");
    throw new Failure(`the sandbox is built with Go, and go is not on PATH: install Go ${required} or newer`);
  }
  const options = { cwd: moduleDirectory("common"), env: { ...process.env, GOFLAGS: "", GOWORK: "off" }, signal };
  await run(["go", "list", "-m"], options);
  return await run(["go", "env", "GOVERSION"], options);
}
