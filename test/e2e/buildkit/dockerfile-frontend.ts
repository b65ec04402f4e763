import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { dockerfileImages } from "../../sandbox/toolchain/binaries";
import { buildBinaries } from "../../sandbox/toolchain/build-binaries";

/** A build of a Dockerfile for one platform. */
interface FrontendBuild {
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Empty for the last stage. */
  readonly target: string;
  readonly platform: string;
  /** BuildKit's own platform. */
  readonly builder: string;
  /** Named contexts: name → `docker-image://…`. */
  readonly contexts: Readonly<Record<string, string>>;
}

const answers = z.array(
  z.object({
    /** The images that were asked for. */
    images: z.array(z.string()),
    /** How many instructions made the image. */
    history: z.number(),
    /** Why the Dockerfile is refused. Empty if it isn't. */
    refused: z.string(),
  }),
);

/** Asks BuildKit's Dockerfile frontend which images it needs. It builds nothing. */
export async function askFrontend(builds: readonly FrontendBuild[]): Promise<z.infer<typeof answers>> {
  const [directory = ""] = await buildBinaries(new AbortController().signal, [dockerfileImages]);
  const input = JSON.stringify(builds);
  const output = execFileSync(join(directory, "dockerfile-images"), { input, maxBuffer: 2 ** 26 });
  return answers.parse(JSON.parse(output.toString()));
}
