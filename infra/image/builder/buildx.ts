import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { z } from "zod";

const builder = z.object({
  Driver: z.string(),
  Nodes: z.array(z.object({ Endpoint: z.string(), DriverOpts: z.record(z.string(), z.string()).nullish() })),
});

/** A builder, as buildx keeps it in a file. */
export type Builder = z.infer<typeof builder>;

/** Buildx's own folder. */
export function buildxFolder(): string {
  const docker = process.env["DOCKER_CONFIG"] ?? path.join(os.homedir(), ".docker");
  return process.env["BUILDX_CONFIG"] ?? path.join(docker, "buildx");
}

/** Reads a builder. Undefined if buildx keeps none of this name, as for Docker's own, or keeps it in another form. */
export function readBuilder(name: string): Builder | undefined {
  const file = path.join(buildxFolder(), "instances", name);
  try {
    return builder.parse(JSON.parse(fs.readFileSync(file, "utf8")));
  } catch {
    // The build names such a builder: it asks buildx, which reads the same file.
    return undefined;
  }
}
