import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import type { BuildSource, PinnedSource } from "../../config";
import type { User } from "./user";
import { type PushedImage, verifyBinaries } from "./verify-binaries";

/** Arguments of {@link verifiedBinaries}. */
interface VerifiedBinariesArgs {
  /** Platform → digest of its manifest. With `args`, they decide what starts. */
  readonly digests: pulumi.Input<Readonly<Record<string, string>>>;
  /** Tag of the image's content, remembered with them. Undefined for an image that is given by digest. */
  readonly tag: string | undefined;
  /** Arguments of the container in place of the image's `CMD`. An empty list keeps that. */
  readonly args: readonly string[];
  /** The image. It is there once the digests are known. */
  readonly image: () => PushedImage | undefined;
  /** Where it comes from, for messages. */
  readonly source: BuildSource | PinnedSource;
}

/** What is known of an image once its binaries are verified. */
interface VerifiedBinaries {
  /** Platform → digest of its manifest. */
  readonly platforms: pulumi.Output<Readonly<Record<string, string>>>;
  /** The user that was read. Undefined for an image that was verified before, or whose registry gives no configuration. */
  readonly user: pulumi.Output<User | undefined>;
}

/**
 * Verifies the binaries of an image in an update, and reads its user, unless an earlier update of this stack has done so
 * for the same ones. A stash remembers them in Pulumi's state, wherever that is kept: the engine calls the hook only before
 * it makes or changes the stash. A preview reads neither a layer nor a configuration, and its role needn't be allowed to.
 */
export function verifiedBinaries(
  name: string,
  { digests, tag, args, image, source }: VerifiedBinariesArgs,
  opts: pulumi.CustomResourceOptions,
): VerifiedBinaries {
  let user: User | undefined;
  const verify = async () => {
    const pushed = image();
    if (pushed === undefined) {
      throw new Error("the stash is made before the image's digests are known");
    }
    const { doubts, ...verified } = await verifyBinaries(pushed, advice(source));
    user = verified.user;
    for (const line of doubts) {
      await pulumi.log.info(line, opts.parent);
    }
  };
  const remembered = (found: pulumi.Input<Readonly<Record<string, string>>>) => ({
    digests: found,
    args,
    ...(tag !== undefined && { tag }),
  });
  const hook = new pulumi.ResourceHook(name, verify);
  const hooks = { beforeCreate: [hook], beforeUpdate: [hook] };
  const stash = new pulumi.Stash(name, { input: remembered(digests) }, { ...opts, hooks });
  const platforms = pulumi
    .all([digests, stash.input, stash.output])
    .apply(async ([verified, input, output]: [Readonly<Record<string, string>>, unknown, unknown]) => {
      // The engine calls no hook of a stash that --target leaves out. Such a stash has an earlier input or no output.
      const leftOut = output === undefined || !isDeepStrictEqual(input, remembered(verified));
      if (leftOut && !pulumi.runtime.isDryRun()) {
        await verify();
      }
      return verified;
    });
  return { platforms, user: platforms.apply(() => user) };
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
