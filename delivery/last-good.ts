import { z } from "zod";
import { Failure, parsePinned } from "../infra/base";

/**
 * The stack tag that holds the image of the last release that passed its smoke test, `repository@sha256:…`.
 *
 * A tag, since nothing else in a self-managed backend says that: `pulumi stack history` keeps the config and whether the
 * engine succeeded, but neither outputs nor what came of the smoke test; outputs are those of the last update, good or bad.
 */
export const lastGoodTag = "ping:last-good";

/**
 * Finds the image to go back to in what `pulumi stack tag ls --json` wrote; undefined before the first good release.
 * @throws Failure where the tag holds anything but an image by digest.
 */
export function lastGood(tags: string): string | undefined {
  const image = z.record(z.string(), z.string()).parse(JSON.parse(tags))[lastGoodTag];
  if (image !== undefined && parsePinned(image) === undefined) {
    throw new Failure(`the stack tag ${lastGoodTag} is ${JSON.stringify(image)}, and no host[:port]/path@sha256:…`);
  }
  return image;
}
