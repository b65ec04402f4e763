import { type BuildSource, type StackImage, stackOutput } from "../config";
import { Failure, parsePinned, type PinnedImage } from "../base";

/**
 * Finds the image that another stack deploys, where that is what to deploy here; anything else stays as it is.
 *
 * @throws Failure where that stack doesn't say which image it deploys, by digest.
 */
export async function findSource(source: BuildSource | PinnedImage | StackImage): Promise<BuildSource | PinnedImage> {
  if (!("stack" in source)) {
    return source;
  }
  const { value, secret } = await stackOutput("image", source.stack, "image");
  const pinned = typeof value === "string" ? parsePinned(value) : undefined;
  if (pinned === undefined) {
    throw new Failure(
      `the output image of stack ${source.stack} must be an image by digest, host[:port]/path@sha256:<64 hex digits>; ` +
        `it is ${secret ? "[secret]" : JSON.stringify(value)}. Deploy that stack with this program, or choose another one in imageFrom.`,
    );
  }
  return pinned;
}
