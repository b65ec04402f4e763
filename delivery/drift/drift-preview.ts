import { z } from "zod";
import { Failure } from "../../common";
import { lastGood, withTree } from "../release";
import { outputOf, type Run } from "../run";
import { readTags, stackResources } from "../stack";

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
    if (!built) {
      await outputOf(run, ["pulumi", "config", "set", "image", good.image, "--stack", stack], { cwd });
    }
    // A refresh reads ECR with the token that the program fetches; the one in the state is too old
    // (pulumi/pulumi-docker-build#424).
    const refresh = ["--refresh", "--run-program", "--json"];
    const { stdout, stderr } = await run(["pulumi", "preview", "--stack", stack, ...refresh], { cwd });
    process.stderr.write(stderr);
    return stdout;
  });
}

/** What infra/image/binaries/verified-binaries.ts remembers of an image that was built. */
const stash = z.object({ input: z.object({ digests: z.unknown(), tag: z.string() }) });
