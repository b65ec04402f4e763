import * as path from "node:path";
import { Failure, messageOf } from "../../../common";
import { isMalformed, patternMatcher } from "./ignore-pattern";

/** A line of an ignore file. */
interface Pattern {
  readonly text: string;
  /** Whether the line starts with `!`, and so brings back what an earlier line ignores. */
  readonly exception: boolean;
  readonly matches: (path: string) => boolean;
}

/** Which patterns match a directory. Its entries inherit that. */
export type Matches = readonly boolean[];

/**
 * An ignore file, read and matched as docker does it: github.com/moby/patternmatcher, with what BuildKit's
 * github.com/tonistiigi/fsutil makes of it. The suite `bases` compares the two with this one.
 */
export interface DockerIgnore {
  /**
   * Whether a path of the context is ignored.
   *
   * @param parent What this function said about the directory that holds it. Undefined at the top.
   */
  readonly match: (path: string, parent?: Matches) => { readonly ignored: boolean; readonly matches: Matches };
  /** Whether an exception could match below an ignored directory. */
  readonly mayMatchBelow: (path: string) => boolean;
}

/**
 * @param file The ignore file's path, for messages.
 * @throws Failure if a line is no pattern.
 */
export function parseIgnoreFile(text: string, file: string): DockerIgnore {
  const patterns = patternsOf(text, file);
  const exceptions = patterns.filter(({ exception }) => exception).map((pattern) => withoutTrailingGlob(pattern.text));
  const onlyPrefixes = !exceptions.some((exception) => /[*[\]?^\\]/.test(exception));
  return {
    match(name, parent) {
      let ignored = false;
      const matches = patterns.map(({ exception, matches: matchesName }, index) => {
        const matched = parent?.[index] === true || (exception === ignored && matchesName(name));
        ignored = matched ? !exception : ignored;
        return matched;
      });
      return { ignored, matches };
    },
    mayMatchBelow: (name) => !onlyPrefixes || exceptions.some((exception) => `${exception}/`.startsWith(`${name}/`)),
  };
}

function patternsOf(text: string, file: string): Pattern[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  return lines.flatMap((line, index) => {
    const given = trim(line);
    if (line.startsWith("#") || given === "") {
      return [];
    }
    const cleaned = trim(given.startsWith("!") ? `!${relative(trim(given.slice(1)))}` : relative(given));
    if (cleaned === "") {
      return [];
    }
    // A second time and with the `!`, as docker does it: ./!a ignores nothing, but brings back a.
    const whole = clean(cleaned);
    const exception = whole.startsWith("!");
    const pattern = exception ? whole.slice(1) : whole;
    const wrong = (reason: string) =>
      new Failure(`${file}, line ${index + 1}, is no pattern that docker takes: ${reason}. Correct it: ${given}`);
    if (pattern === "") {
      throw wrong("nothing is behind its !");
    }
    if (isMalformed(pattern)) {
      throw wrong("a [ has no ], a range of characters has no end, or a \\ has nothing behind it");
    }
    // Made at its first use: docker minds a wrong expression only there.
    let matches: Pattern["matches"] | undefined;
    return {
      text: pattern,
      exception,
      matches(name) {
        try {
          matches ??= patternMatcher(pattern);
        } catch (error) {
          throw wrong(messageOf(error));
        }
        return matches(name);
      },
    };
  });
}

/** Trims what Go calls white space. JavaScript trims U+FEFF too, and leaves U+0085. */
function trim(text: string): string {
  return text
    .replace(/^[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/, "")
    .replace(/[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+$/, "");
}

/** Go's `path.Clean`. */
function clean(name: string): string {
  const normal = path.posix.normalize(name);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/** A pattern that starts with `/` means the same without it. */
function relative(pattern: string): string {
  return pattern === "" ? "" : clean(pattern).replace(/^\/(?=.)/s, "");
}

function withoutTrailingGlob(pattern: string): string {
  return pattern.replace(/\/\*\*$/, "").replace(/\/\*$/, "");
}
