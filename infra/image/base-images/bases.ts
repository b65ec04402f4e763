import { Failure, familiarName, type Image, parseFamiliar } from "../../../common";
import type { BuildSettings } from "../../config";
import { type Dockerfile, readDockerfile, type Stage } from "../dockerfile";
import { type NamedImage, platformBases } from "./platform-bases";

/** An image that a Dockerfile starts from. */
export interface BaseImage extends Image {
  /** The build's platforms that BuildKit takes the image for. None if it takes the image for its own platform alone. */
  readonly platforms: readonly string[];
}

/** The images that a Dockerfile starts from. */
interface Bases {
  /**
   * Every image that the build needs, once: of a `FROM`, a `COPY --from` or a `RUN --mount=from` that the target
   * reaches, and of `# syntax=`.
   */
  readonly images: readonly BaseImage[];
  /** Images of the Dockerfile that the build doesn't need. */
  readonly unused: readonly Image[];
  /**
   * The image under the stage to build. If that stage starts from scratch, the image under the first stage that the
   * target reaches and that has one. Undefined if none has one.
   */
  readonly base: Image | undefined;
  /** Stages that start from an image with a stage's name. BuildKit would take one for the other. */
  readonly ambiguous: readonly { readonly stage: Stage; readonly image: Image }[];
}

type Selection = Pick<BuildSettings, "args" | "contexts" | "target">;

/**
 * Reads the images out of a Dockerfile. A line that BuildKit refuses is left to BuildKit, whose message explains it.
 *
 * @param file Path of the Dockerfile, for messages.
 * @param platforms What the image is built for.
 * @param build Its `args` go before the defaults of variables in `FROM` lines. Only what its `target` needs counts.
 *   An image that `contexts` replaces is none of the Dockerfile.
 * @param builder BuildKit's platform. Nothing asks BuildKit before the build, so it is taken to be the program's own.
 * @throws Failure if a `FROM` line needs a variable that has no value or names no image, if no stage is the target, or if
 *   nothing has a context's name.
 */
export function basesOf(
  text: string,
  file: string,
  platforms: readonly string[],
  build: Selection,
  builder = process.arch === "arm64" ? "linux/arm64" : "linux/amd64",
): Bases {
  const dockerfile = readDockerfile(text);
  const read = platforms.map((platform) => ({
    platform,
    ...platformBases({ dockerfile, file }, build, platform, builder),
  }));
  const names = new Set(read.flatMap((each) => each.names));
  const unknown = Object.keys(build.contexts).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new Failure(
      `the config key build.contexts has ${unknown}, and ${file} has ${[...names].join(", ") || "no stage or image with a name"}. ` +
        "Correct the name, or take it out of build.contexts.",
    );
  }
  const images = new Map<string, BaseImage>();
  const add = (image: Image, needed: readonly string[]) => {
    const name = familiarName(image);
    images.set(name, { ...image, platforms: [...new Set([...(images.get(name)?.platforms ?? []), ...needed])] });
  };
  const syntax = syntaxImage(dockerfile, build);
  if (syntax !== undefined) {
    add(syntax, []);
  }
  for (const { platform, needed } of read) {
    needed.forEach(({ image, forBuilder }) => add(image, forBuilder ? [] : [platform]));
  }
  const unused = new Map(read.flatMap((each) => each.unused).map(({ image }) => [familiarName(image), image]));
  return {
    images: [...images.values()],
    unused: [...unused].filter(([name]) => !images.has(name)).map(([, image]) => image),
    base: read[0]?.base,
    ambiguous: ambiguousStages(
      dockerfile,
      file,
      read.flatMap(({ needed }) => needed),
    ),
  };
}

/** The image that reads the Dockerfile. */
function syntaxImage({ syntax }: Dockerfile, { args }: Selection): Image | undefined {
  return parseFamiliar(args["BUILDKIT_SYNTAX"]?.trim().split(" ")[0] ?? syntax ?? "");
}

function ambiguousStages({ stages }: Dockerfile, file: string, needed: readonly NamedImage[]): Bases["ambiguous"] {
  return stages.flatMap((stage) => {
    const images = new Map(
      needed.filter(({ origin }) => origin.stage === stage).map(({ image }) => [familiarName(image), image]),
    );
    const same = [...images.keys()].find((image) => stages.some(({ name }) => name === image));
    if (same !== undefined && images.size > 1) {
      throw new Failure(
        `${file}, line ${stage.from.firstLine}, starts from ${[...images.keys()].join(" or ")}, and a stage is called ` +
          `${same}. Call the stage something else, or give the image a tag.`,
      );
    }
    return same === undefined ? [] : [...images.values()].map((image) => ({ stage, image }));
  });
}
