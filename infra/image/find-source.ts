import { type AwsAccount, ecrAccount, Failure, parsePinned, type PinnedImage } from "../../common";
import { type BuildSource, type Config, type PinnedSource, stackOutput } from "../config";

/**
 * Replaces a source of kind `stack` with the image that the other stack deploys, or with the one that the config has
 * instead. Any other source stays as it is.
 *
 * @throws Failure if the other stack's output `image` isn't an image by digest.
 */
export async function findSource(
  source: Config["source"],
  account: AwsAccount | undefined,
): Promise<BuildSource | PinnedSource> {
  if (source.kind !== "stack") {
    return source;
  }
  const { stack, image } = source;
  if (image) {
    const owner = ecrAccount(image.repository.host);
    // Going back to an earlier digest doesn't depend on the other stack, except for an account that only that stack
    // vouches for.
    if (owner === undefined || account === undefined || account.allowedIds.includes(owner)) {
      return { kind: "pinned", ...image };
    }
  }
  const promoted = await promotedImage(stack);
  return { kind: "pinned", ...(image ?? promoted), promotedFrom: promoted.repository.host };
}

async function promotedImage(stack: string): Promise<PinnedImage> {
  const { value, secret } = await stackOutput("image", stack, "image");
  const pinned = typeof value === "string" ? parsePinned(value) : undefined;
  if (pinned === undefined) {
    throw new Failure(
      `the output image of stack ${stack} must be an image by digest, host[:port]/path@sha256:<64 hex digits>; ` +
        `it is ${secret ? "[secret]" : JSON.stringify(value)}. Deploy that stack with this program, or choose another one in imageFrom.`,
    );
  }
  return pinned;
}
