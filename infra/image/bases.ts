import type * as Ast from "dockerfile-ast";
import { Failure, familiarName, type Image, parseFamiliar } from "../base";
import type { BuildSettings } from "../config";

/** The images that a Dockerfile starts from. */
export interface Bases {
  /** Every image that a `FROM`, a `COPY --from` or a `RUN --mount=from` names, once. */
  readonly images: readonly Image[];
  /**
   * The image under the stage to build. If that stage starts from scratch, the image under the first stage that has one.
   * Undefined if none has one.
   */
  readonly base: Image | undefined;
}

type Selection = Pick<BuildSettings, "args" | "target">;

/**
 * Reads the images out of a Dockerfile. A line that BuildKit will refuse anyway is left to BuildKit.
 *
 * @param file Path of the Dockerfile, for messages.
 * @param platforms Values of `TARGETPLATFORM`, `TARGETOS` and `TARGETARCH` in `FROM` lines.
 * @param build Its `args` go before the defaults of variables in `FROM` lines. Stages behind its `target` don't count.
 * @throws Failure if a `FROM` line needs a variable that has no value or names no image, or if no stage is the target.
 */
export function basesOf(text: string, file: string, platforms: readonly string[], build: Selection): Bases {
  // Loaded here, because it takes 50 ms, and a stack that builds nothing doesn't need it.
  const { DockerfileParser } = require("dockerfile-ast") as typeof Ast;
  const dockerfile = DockerfileParser.parse(text);
  const read = platforms.map((platform) => basesFor(dockerfile, file, platform, build));
  const images = new Map(read.flatMap((each) => each.images).map((image) => [familiarName(image), image]));
  return { images: [...images.values()], base: read[0]?.base };
}

function basesFor(dockerfile: Ast.Dockerfile, file: string, platform: string, { args, target = "" }: Selection): Bases {
  const values = initialValues(dockerfile, platform, args);
  const images: Image[] = [];
  const stages: (Image | undefined)[] = [];
  const named = new Map<string, Image | undefined>();
  const resolve = (name: string, where: string): Image | undefined => {
    if (named.has(name.toLowerCase())) {
      return named.get(name.toLowerCase());
    }
    if (name === "scratch") {
      return undefined;
    }
    const image = parseFamiliar(name);
    if (image === undefined) {
      throw new Failure(`${where} names no image: ${name}.`);
    }
    images.push(image);
    return image;
  };
  for (const instruction of dockerfile.getInstructions()) {
    const where = `${file}, line ${instruction.getRange().start.line + 1},`;
    if (isFrom(instruction)) {
      if (named.has(target.toLowerCase())) {
        break;
      }
      const image = instruction.getImage();
      if (image !== null) {
        const stage = resolve(expandFrom(image, values, where), where);
        stages.push(stage);
        const name = instruction.getBuildStage();
        if (name !== null) {
          named.set(name.toLowerCase(), stage);
        }
      }
    }
    // COPY --from can name a stage by its number.
    otherSources(instruction)
      .filter((name) => !/^\d+$/.test(name))
      .forEach((name) => resolve(name, where));
  }
  if (target !== "" && !named.has(target.toLowerCase())) {
    const stages = [...named.keys()].join(", ") || "no stage with a name";
    throw new Failure(
      `the config key build.target is ${target}, and ${file} has ${stages}. Correct the name, or take it out of build.`,
    );
  }
  const hidden = images.map(familiarName).find((name) => named.has(name));
  if (hidden !== undefined) {
    // BuildKit looks up a stage's name too among the named contexts, and would leave out the stage's instructions.
    throw new Failure(
      `${file} has a stage ${hidden} and an image of that name. Call the stage something else, or give the image a tag.`,
    );
  }
  return { images, base: stages.at(-1) ?? stages.find((stage) => stage !== undefined) };
}

const isFrom = (instruction: Ast.Instruction): instruction is Ast.From => instruction.getKeyword() === "FROM";

const hasFlags = (instruction: Ast.Instruction): instruction is Ast.ModifiableInstruction =>
  ["COPY", "RUN"].includes(instruction.getKeyword());

/** What `COPY --from` and `RUN --mount=from` name. */
function otherSources(instruction: Ast.Instruction): string[] {
  if (!hasFlags(instruction)) {
    return [];
  }
  return instruction
    .getFlags()
    .map((flag) => (flag.getName() === "from" ? flag.getValue() : flag.getOption("from")?.getValue()))
    .filter((name) => typeof name === "string");
}

/** Variables that `FROM` lines can use: those of the platform, and each `ARG` before the first `FROM`. */
function initialValues(
  dockerfile: Ast.Dockerfile,
  platform: string,
  args: Selection["args"],
): ReadonlyMap<string, string> {
  const [os = "", architecture = ""] = platform.split("/");
  const values = new Map([
    ["TARGETPLATFORM", platform],
    ["TARGETOS", os],
    ["TARGETARCH", architecture],
  ]);
  for (const property of dockerfile.getInitialARGs().flatMap((arg) => arg.getProperties())) {
    const given = args[property.getName()];
    const value = given ?? expand(property.getValue() ?? "", values);
    if ((given !== undefined || property.getValue() !== null) && value !== undefined) {
      values.set(property.getName(), value);
    }
  }
  return values;
}

function expandFrom(image: string, values: ReadonlyMap<string, string>, where: string): string {
  const expanded = expand(image.replace(/["']/g, ""), values);
  if (expanded === undefined) {
    throw new Failure(
      `${where} has a variable without a value: FROM ${image}. Give it a default, such as ARG NAME=VALUE, before the first FROM.`,
    );
  }
  return expanded;
}

/** Replaces variables, also those with `-`, `:-`, `+` and `:+`. Undefined if one has no value. */
function expand(text: string, values: ReadonlyMap<string, string>): string | undefined {
  const missing: string[] = [];
  const expanded = text.replace(
    /\$(?:(\w+)|\{(\w+)(?:(:?)([-+])([^{}]*))?\})/g,
    (match: string, plain?: string, braced?: string, colon?: string, operator?: string, word = "") => {
      const value = values.get(plain ?? braced ?? "");
      const isSet = value !== undefined && (colon !== ":" || value !== "");
      if (operator === "+") {
        return isSet ? String(word) : "";
      }
      if (!isSet && operator === undefined) {
        missing.push(match);
      }
      return isSet ? value : String(word);
    },
  );
  return missing.length === 0 ? expanded : undefined;
}
