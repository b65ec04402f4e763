import { z } from "zod";
import { Failure } from "../../common";
import { lastGood, withTree } from "../release";
import type { Run } from "../run";
import { previewRefreshed, readTags, stackResources } from "../stack";

/**
 * Compares what runs with the last good release of a stack: its commit's program and config. A release that waits for its
 * approval is no drift this way.
 *
 * @returns What `pulumi preview --json` wrote.
 * @throws Failure where the stack has no good release.
 */
export async function previewDrift(run: Run, stack: string): Promise<string> {
  const good = lastGood(await readTags(run, stack));
  if (good === undefined) {
    throw new Failure(`nobody knows what ${stack} should run: no release of it was good yet`);
  }
  // The stash of a stack that was given an image, or went back to one, has no tag.
  const built = (await stackResources(run, stack)).some(({ inputs }) => stash.safeParse(inputs).success);
  return withTree(run, good.commit, async (cwd) => {
    const config = built ? {} : { image: good.image };
    const { stdout, stderr } = await previewRefreshed(run, stack, { cwd, config });
    process.stderr.write(stderr);
    return stdout;
  });
}

/** What infra/image/binaries/verified-binaries.ts remembers of an image that was built. */
const stash = z.object({ input: z.object({ digests: z.unknown(), tag: z.string() }) });
