import { Failure, parsePinned } from "../base";
import { type BuildSource, type Config, type PinnedSource, stackOutput } from "../config";

/**
 * Replaces a source of kind `stack` with the image that the other stack deploys. Any other source stays as it is.
 *
 * @throws Failure if the other stack's output `image` isn't an image by digest.
 */
export async function findSource(source: Config["source"]): Promise<BuildSource | PinnedSource> {
  if (source.kind !== "stack") {
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
  return { kind: "pinned", ...pinned };
}
