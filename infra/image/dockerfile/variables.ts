import { readWords } from "./shell-words";
import { attempt, type Unreadable } from "./unreadable";

/** A variable of an `ARG`. */
export interface Argument {
  readonly line: number;
  readonly name: string;
  /** The text of its default. Undefined if it has none. */
  readonly value: string | undefined;
}

/** A variable's value and where it is from. */
export interface Value {
  readonly text: string;
  /** The variables that the text was made from, at its beginning: its own name, or those of its default. */
  readonly origins: readonly string[];
}

/** Name → value of what a `FROM` line can use. */
export type Variables = ReadonlyMap<string, Value>;

/** The arguments of an `ARG` instruction. A quote keeps spaces, and stays until the value is used. */
export function argumentsOf(rest: string, escape: string, line: number): Argument[] {
  const word =
    escape === "`"
      ? /(?:"(?:`[\s\S]?|[^"`])*(?:"|$)|'[^']*(?:'|$)|`[\s\S]?|[^\s"'`])+/g
      : /(?:"(?:\\[\s\S]?|[^"\\])*(?:"|$)|'[^']*(?:'|$)|\\[\s\S]?|[^\s"'\\])+/g;
  return (rest.match(word) ?? []).map((argument) => {
    const [name = "", ...value] = argument.split("=");
    return { line, name, value: argument.includes("=") ? value.join("=") : undefined };
  });
}

/** Replaces the variables in a word. One without a value becomes an empty text. */
export function expand(word: string, variables: Variables, escape: string): Value {
  const { text, variables: used } = readWords(word, (name) => variables.get(name)?.text, {
    escape,
    raw: false,
    keepUnset: false,
  });
  return { text, origins: used.flatMap((name) => variables.get(name)?.origins ?? [name]) };
}

/** The variables that BuildKit sets by itself, for a platform as `os/architecture[/variant]`. */
export function platformVariables(prefix: "BUILD" | "TARGET", platform: string): Record<string, string> {
  const [os = "", architecture = "", variant = ""] = platform.split("/");
  const values = { PLATFORM: platform, OS: os, OSVERSION: "", ARCH: architecture, VARIANT: variant };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

/**
 * The variables of `FROM` lines: those that BuildKit sets, and each `ARG` before the first `FROM`.
 *
 * @param given Values that go before BuildKit's and before defaults.
 * @param refuse Gets what BuildKit refuses an `ARG` for, which has no value then.
 */
export function variablesOf(
  args: readonly Argument[],
  predefined: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  escape: string,
  refuse: (error: Unreadable, argument: Argument) => void,
): Variables {
  const variables = new Map<string, Value>();
  const set = (name: string, text: string) => variables.set(name, { text, origins: [name] });
  for (const [name, text] of Object.entries(predefined)) {
    set(name, given[name] ?? text);
  }
  for (const argument of args) {
    const { name, value } = argument;
    const fixed = given[name];
    if (fixed !== undefined) {
      set(name, fixed);
    } else if (value !== undefined) {
      attempt(
        () => {
          const { text, origins } = expand(value, variables, escape);
          variables.set(name, { text, origins: origins.length === 0 ? [name] : origins });
        },
        (error) => refuse(error, argument),
      );
    }
  }
  return variables;
}
