import { escapeOf, linesOf, syntaxOf } from "./directives";
import { type Instruction, readInstruction } from "./instruction";
import { type PlacedInstruction, readInstructions } from "./instructions";
import { type Argument, argumentsOf } from "./variables";
import { readWords } from "./shell-words";
import { attempt } from "./unreadable";

/** A stage, an image or a named context that an instruction takes files from. */
export interface Source {
  /** Line of the instruction. */
  readonly line: number;
  /** A name, or for `COPY --from` the number of a stage. */
  readonly name: string | number;
}

/** A stage of a Dockerfile. Its variables aren't replaced yet. */
export interface Stage {
  readonly from: PlacedInstruction;
  /** What it starts from: a stage or an image. */
  readonly base: string;
  /** In small letters, as BuildKit has it. Undefined for a stage without a name. */
  readonly name: string | undefined;
  /** The value of `--platform`. */
  readonly platform: string | undefined;
  readonly sources: readonly Source[];
  /** What stages that start from this one take files from. */
  readonly onBuild: readonly Source[];
}

/** What decides which images a Dockerfile is built from. */
export interface Dockerfile {
  readonly escape: string;
  /** The image that `# syntax=` names. */
  readonly syntax: string | undefined;
  /** The `ARG`s before the first `FROM`, in order. */
  readonly args: readonly Argument[];
  readonly stages: readonly Stage[];
}

/** Reads a Dockerfile. What BuildKit refuses is left out: its message explains such a line. */
export function readDockerfile(text: string): Dockerfile {
  const lines = linesOf(text);
  const escape = escapeOf(lines);
  const args: Argument[] = [];
  const stages: (Stage & { readonly sources: Source[]; readonly onBuild: Source[] })[] = [];
  for (const instruction of readInstructions(text)) {
    const { keyword, rest, firstLine } = instruction;
    const stage = stages.at(-1);
    if (keyword === "FROM") {
      const parts = readFrom(instruction);
      if (parts !== undefined) {
        stages.push({ from: instruction, ...parts, sources: [], onBuild: [] });
      }
    } else if (stage === undefined) {
      args.push(...(keyword === "ARG" ? argumentsOf(rest, escape, firstLine) : []));
    } else if (keyword === "ONBUILD") {
      // BuildKit reads the trigger by itself, so that it has the default escape character.
      stage.onBuild.push(...sourcesOf(readInstruction(rest, "\\"), firstLine, "\\"));
    } else {
      stage.sources.push(...sourcesOf(instruction, firstLine, escape));
    }
  }
  return { escape, syntax: syntaxOf(lines), args, stages };
}

function readFrom({ rest, flags }: Instruction): Pick<Stage, "base" | "name" | "platform"> | undefined {
  const [base = "", as, name, ...others] = rest.split(/[\t\v\f\r ]+/);
  const isNamed = as?.toLowerCase() === "as" && name !== undefined && others.length === 0;
  return base === "" || !(isNamed || as === undefined)
    ? undefined
    : { base, name: name?.toLowerCase(), platform: flagValues(flags, "platform")[0] };
}

function flagValues(flags: readonly string[], name: string): string[] {
  const start = `--${name}=`;
  return flags.filter((flag) => flag.startsWith(start)).map((flag) => flag.slice(start.length));
}

/** What `COPY --from` and `RUN --mount=from` name. */
function sourcesOf({ keyword, flags }: Instruction, line: number, escape: string): Source[] {
  if (keyword === "COPY") {
    return flagValues(flags, "from")
      .filter((from) => from !== "" && isPlain(from, escape))
      .map((from) => ({ line, name: /^[+-]?\d+$/.test(from) ? Number(from) : from }));
  }
  // A mount without a source has an empty one, and a stage may be called so.
  return keyword === "RUN" ? flagValues(flags, "mount").flatMap((mount) => ({ line, name: fromOf(mount) })) : [];
}

/** Whether BuildKit takes a `--from`: it may have no variable. */
function isPlain(text: string, escape: string): boolean {
  return attempt(
    () => readWords(text, () => undefined, { escape, raw: false, keepUnset: false }).text === text,
    () => false,
  );
}

/** The value of `from`, in any case, in a mount's comma-separated list. A field may be in double quotes. */
function fromOf(mount: string): string {
  const fields = [...mount.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
  const from = fields.findLast((field) => /^from=/i.test(field))?.slice("from=".length) ?? "";
  return from === "" || /\$./.test(from) ? "scratch" : from;
}
