import type { Dockerfile, Source, Stage } from "./stages";
import { expand, type Value, type Variables } from "./variables";
import { attempt, type Unreadable } from "./unreadable";

/** What an instruction of a Dockerfile takes files from: a stage, an image, or nothing. */
export interface Origin {
  readonly line: number;
  /** The stage's `FROM`. Undefined for what `COPY --from` or `RUN --mount=from` names. */
  readonly stage: Stage | undefined;
  /** The name of an image. Undefined for a stage that starts from another one, or from scratch. */
  readonly name: Value | undefined;
  /** The stage that this one starts from. */
  readonly base: Origin | undefined;
  /** The value of the stage's `--platform`. */
  readonly platform: Value | undefined;
}

/** The origins of a build, each with what it was made from. */
interface Reach {
  /** Every origin of the Dockerfile: BuildKit reads the names of all, before it builds those that the target needs. */
  readonly all: readonly Origin[];
  /** The stage to build. Undefined if no stage has the target's name. */
  readonly target: Origin | undefined;
  /** The target, and what it needs, in the order of the Dockerfile's lines. */
  readonly reached: readonly Origin[];
}

/**
 * Finds what a build needs, as BuildKit does (moby/buildkit, frontend/dockerfile/dockerfile2llb).
 *
 * @param target Name of the stage to build. Undefined for the last one.
 * @param isContext Whether a stage's name is that of a named context, which BuildKit takes in place of the stage.
 * @param refuse Gets what BuildKit refuses a `FROM` for.
 */
export function reachOf(
  { stages, escape }: Dockerfile,
  variables: Variables,
  target: string | undefined,
  isContext: (stage: string) => boolean,
  refuse: (error: Unreadable, stage: Stage) => undefined,
): Reach {
  const all: Origin[] = [];
  const named = new Map<string, Origin>();
  const read = (word: string | undefined, stage: Stage): Value | undefined =>
    word === undefined
      ? undefined
      : attempt(
          () => expand(word, variables, escape),
          (error) => refuse(error, stage),
        );
  for (const stage of stages) {
    const name = read(stage.base, stage);
    const replaced = stage.name !== undefined && isContext(stage.name);
    const base = replaced ? undefined : name && named.get(name.text.toLowerCase());
    const origin: Origin = {
      line: stage.from.firstLine,
      stage,
      name: replaced || base || name?.text === "scratch" ? undefined : name,
      base,
      platform: read(stage.platform, stage),
    };
    all.push(origin);
    if (stage.name !== undefined) {
      named.set(stage.name, origin);
    }
  }
  const last = target === undefined ? all.at(-1) : named.get(target.toLowerCase());
  /** A name is looked up among all stages, also those behind the instruction: BuildKit refuses these later. */
  const find = ({ name, line }: Source): Origin[] => {
    const stage = typeof name === "number" ? all[name] : named.get(name.toLowerCase());
    if (stage !== undefined || typeof name === "number") {
      return stage === undefined ? [] : [stage];
    }
    const value = name === "scratch" ? undefined : { text: name, origins: [] };
    const origin = { line, stage: undefined, name: value, base: undefined, platform: undefined };
    all.push(origin);
    return [origin];
  };
  const sources = new Map(all.map((origin) => [origin, (origin.stage?.sources ?? []).flatMap(find)] as const));
  const reached = new Set<Origin>();
  const visit = (origin: Origin) => {
    if (!reached.has(origin)) {
      reached.add(origin);
      const triggers = (origin.base?.stage?.onBuild ?? []).flatMap(find);
      [...(origin.base ? [origin.base] : []), ...(sources.get(origin) ?? []), ...triggers].forEach(visit);
    }
  };
  if (last !== undefined) {
    visit(last);
  }
  return { all, target: last, reached: [...reached].toSorted((a, b) => a.line - b.line) };
}
