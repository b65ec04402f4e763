import * as pulumi from "@pulumi/pulumi";
import type { BuildSource, PinnedSource } from "../config";
import type * as Verify from "./verify-binaries";

/** Arguments of {@link verifiedBinaries}. */
export interface VerifiedBinariesArgs {
  /** Platform → digest of its manifest. With `args`, they decide what starts. */
  readonly digests: pulumi.Input<Readonly<Record<string, string>>>;
  /** Arguments of the container in place of the image's `CMD`. An empty list keeps that. */
  readonly args: readonly string[];
  /** The image. It is there once the digests are known. */
  readonly image: () => Verify.PushedImage | undefined;
  /** Where it comes from, for messages. */
  readonly source: BuildSource | PinnedSource;
}

/**
 * Verifies the binaries of an image in an update, unless an earlier update of this stack has verified the same ones.
 * The stash remembers them in Pulumi's state, wherever that is kept: the engine calls the hook only before it makes or
 * changes the stash. A preview reads no layer, and its role needn't be allowed to.
 *
 * @returns The stash, which isn't made or changed if the verification fails.
 */
export function verifiedBinaries(
  name: string,
  { digests, args, image, source }: VerifiedBinariesArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Stash {
  const verify = new pulumi.ResourceHook(name, async () => {
    const pushed = image();
    if (pushed === undefined) {
      throw new Error("the stash is made before the image's digests are known");
    }
    // Loaded here, because a stack whose image hasn't changed doesn't need it.
    const { verifyBinaries } = require("./verify-binaries") as typeof Verify;
    for (const line of await verifyBinaries(pushed, advice(source))) {
      await pulumi.log.info(line, opts.parent);
    }
  });
  const hooks = { beforeCreate: [verify], beforeUpdate: [verify] };
  return new pulumi.Stash(name, { input: { digests, args } }, { ...opts, hooks });
}

function advice(source: BuildSource | PinnedSource): string {
  const [first, dockerfile] =
    source.kind === "build"
      ? ["", source.dockerfile]
      : [
          "Choose another image, or take such platforms out of the config key platforms. ",
          "The Dockerfile of this one",
        ];
  return (
    `${first}${dockerfile} needs ARG TARGETOS TARGETARCH, without default values, in the stage that compiles, and there ` +
    "GOOS=$TARGETOS GOARCH=$TARGETARCH go build. What it downloads must be for $TARGETARCH too, " +
    "and the FROM of its last stage must not have --platform."
  );
}
