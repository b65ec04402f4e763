import { Unreadable } from "./unreadable";

/**
 * The regular expression of a shell pattern: `?` is any character, `*` any text. An escaped `*`, `?` or escape stands
 * for itself.
 *
 * @param greedy Whether `*` takes as much as it can.
 */
function patternSource(pattern: string, greedy: boolean): string {
  return pattern.replace(/\\([\s\S]?)|[*?[\]{}.+()|^$]/gu, (match: string, escaped?: string) => {
    if (escaped === undefined) {
      return match === "*" ? (greedy ? ".*" : ".*?") : match === "?" ? "." : `\\${match}`;
    }
    // `}` and `/` would end the substitution, so they are escaped without being special in a pattern.
    if (escaped === "}" || escaped === "/") {
      return escaped === "}" ? "\\}" : "\\/";
    }
    if (escaped !== "*" && escaped !== "?" && escaped !== "\\") {
      throw new Unreadable(`the pattern ${pattern} escapes what needs no escape`);
    }
    return match;
  });
}

/** `${NAME#word}`: without the shortest start of this pattern. With `#` before the pattern, without the longest. */
export function trimPrefix(value: string, word: string): string {
  const greedy = word.startsWith("#");
  const pattern = patternSource(greedy ? word.slice(1) : word, greedy);
  return value.replace(new RegExp(`^${pattern}`, "u"), "");
}

/** `${NAME%word}`: without the shortest end of this pattern. With `%` before the pattern, without the longest. */
export function trimSuffix(value: string, word: string): string {
  const greedy = word.startsWith("%");
  // A match starts as far left as it can, so the shortest end is searched for in the reversed text.
  const units = (greedy ? word.slice(1) : word).match(/\\[\s\S]|[\s\S]/gu) ?? [];
  const pattern = patternSource(units.toReversed().join(""), greedy);
  return reverse(reverse(value).replace(new RegExp(`^${pattern}`, "u"), ""));
}

/** `${NAME/pattern/replacement}`. */
export function replacePattern(value: string, pattern: string, replacement: string, everywhere: boolean): string {
  return value.replace(new RegExp(patternSource(pattern, true), everywhere ? "gu" : "u"), () => replacement);
}

const reverse = (text: string): string => Array.from(text).toReversed().join("");
