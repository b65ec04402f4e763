import { Failure, familiarName, type Image, parseFamiliar } from "../../../common";
import type { BuildSettings } from "../../config";
import {
  type Dockerfile,
  type Origin,
  platformVariables,
  reachOf,
  type Unreadable,
  type Value,
  type Variables,
  variablesOf,
} from "../dockerfile";

/** A Dockerfile and its path, for messages. */
interface DockerfileAt {
  readonly dockerfile: Dockerfile;
  readonly file: string;
}

/** An image and the instruction that names it. */
export interface NamedImage {
  readonly origin: Origin;
  readonly image: Image;
  /** Whether BuildKit takes the image for its own platform, whatever it builds for. */
  readonly forBuilder: boolean;
}

/** A Dockerfile's images for one platform, in the order of its lines. */
interface PlatformBases {
  readonly needed: readonly NamedImage[];
  readonly unused: readonly NamedImage[];
  /** The names of stages and images, which a named context can replace. */
  readonly names: readonly string[];
  /** The image under the built one. */
  readonly base: Image | undefined;
}

/**
 * Finds the images that a build for one platform needs.
 *
 * @throws Failure if a `FROM` line needs a variable that has no value or names no image, or if no stage is the target.
 */
export function platformBases(
  at: DockerfileAt,
  { args, target, contexts }: Pick<BuildSettings, "args" | "target" | "contexts">,
  platform: string,
  builder: string,
): PlatformBases {
  const { dockerfile, file } = at;
  const { stages, escape } = dockerfile;
  const predefined = {
    ...platformVariables("BUILD", builder),
    // BuildKit's own name for linux/arm.
    ...platformVariables("TARGET", platform === "linux/arm" ? "linux/arm/v7" : platform),
    TARGETSTAGE: target ?? stages.at(-1)?.name ?? "default",
  };
  const refuse = ({ message, variable }: Unreadable, line: number): undefined => {
    if (variable !== undefined) {
      throw new Failure(
        `${file}, line ${line}, needs the variable ${variable}: ${message}. ${advice(variable, dockerfile)}`,
      );
    }
  };
  const variables = variablesOf(dockerfile.args, predefined, args, escape, (error, { line }) => refuse(error, line));
  const reach = reachOf(
    dockerfile,
    variables,
    target,
    (stage) => stage in contexts,
    (error, stage) => refuse(error, stage.from.firstLine),
  );
  if (target !== undefined && reach.target === undefined) {
    const names = stages.flatMap(({ name }) => name ?? []).join(", ") || "no stage with a name";
    throw new Failure(
      `the config key build.target is ${target}, and ${file} has ${names}. Correct the name, or take it out of build.`,
    );
  }
  // BuildKit reads the names of what it doesn't need too, and refuses one that is no image.
  const images = new Map(
    reach.all.flatMap((origin) =>
      origin.name ? [[origin, imageOf(origin, origin.name, variables, at)] as const] : [],
    ),
  );
  const named = [...images]
    .filter(([, image]) => !(familiarName(image) in contexts))
    .map(([origin, image]) => ({ origin, image, forBuilder: isForBuilder(origin) }))
    .toSorted((a, b) => a.origin.line - b.origin.line);
  const reached = new Set(reach.reached);
  return {
    needed: named.filter(({ origin }) => reached.has(origin)),
    unused: named.filter(({ origin }) => !reached.has(origin)),
    names: [...stages.flatMap(({ name }) => name ?? []), ...[...images.values()].map(familiarName)],
    base: [reach.target, ...reach.reached.filter(({ stage }) => stage !== undefined)]
      .map((origin) => under(origin, new Map(named.map(({ origin: at, image }) => [at, image]))))
      .find((image) => image !== undefined),
  };
}

/** The image under a stage. */
function under(origin: Origin | undefined, images: ReadonlyMap<Origin, Image>): Image | undefined {
  return origin && (images.get(origin) ?? under(origin.base, images));
}

function isForBuilder({ platform }: Origin): boolean {
  return platform?.origins.some((name) => name.startsWith("BUILD")) ?? false;
}

function imageOf(
  { stage, line }: Origin,
  name: Value,
  variables: Variables,
  { dockerfile, file }: DockerfileAt,
): Image {
  const image = parseFamiliar(name.text);
  if (image !== undefined) {
    return image;
  }
  const where = `${file}, line ${line},`;
  const missing = name.origins.find((variable) => (variables.get(variable)?.text ?? "") === "");
  throw new Failure(
    missing === undefined
      ? `${where} names no image: ${name.text}.`
      : `${where} has a variable without a value: FROM ${stage?.base ?? name.text}. ${advice(missing, dockerfile)}`,
  );
}

/** How a variable of a `FROM` line gets a value. */
function advice(variable: string, { args }: Dockerfile): string {
  const set = `pulumi config set --path build.args.${variable} VALUE`;
  return args.some(({ name }) => name === variable)
    ? `Set it with ${set}, or give it a default before the first FROM: ARG ${variable}=VALUE.`
    : `Declare it before the first FROM, ARG ${variable}, and set it with ${set}.`;
}
