import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** A builder, as buildx keeps it in a file. */
export interface Builder {
  readonly Driver: string;
  readonly Nodes: readonly {
    readonly Endpoint: string;
    readonly DriverOpts?: Readonly<Record<string, string>> | null;
  }[];
}

/** Buildx's own folder. */
export function buildxFolder(): string {
  const docker = process.env["DOCKER_CONFIG"] ?? path.join(os.homedir(), ".docker");
  return process.env["BUILDX_CONFIG"] ?? path.join(docker, "buildx");
}

/** Reads a builder. Undefined if buildx keeps none of this name, as for Docker's own. */
export function readBuilder(name: string): Builder | undefined {
  const file = path.join(buildxFolder(), "instances", name);
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Builder) : undefined;
}
