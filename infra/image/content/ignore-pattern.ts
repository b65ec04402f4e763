import { RE2JS } from "re2js";

/**
 * Whether docker refuses a pattern. It has Go's `filepath.Match` match it with `.`, which looks at one part between
 * stars after the other, and at the next one only if this one matches.
 */
export function isMalformed(pattern: string): boolean {
  if (!/[[\\]/.test(pattern)) {
    return false;
  }
  const parts = [...pattern.matchAll(/\**((?:\\.?|\[(?:\\.?|[^\]\\])*\]?|[^*[\\])*)/gsu)].map(([, part = ""]) => part);
  const [first = "", second = ""] = parts;
  return !wellFormed.test(first) || (matchesDot(first) && !wellFormed.test(second));
}

function matchesDot(part: string): boolean {
  const [, negation, members] = /^\[(\^?)((?:\\.|[^\\\]])+)\]$/su.exec(part) ?? [];
  if (members === undefined) {
    return /^(?:\\?\.|\?)$/.test(part);
  }
  const ranges = [...members.matchAll(/\\?(.)(?:-\\?(.))?/gsu)];
  return ranges.some(([, low = "", high = low]) => low <= "." && "." <= high) === (negation === "");
}

const wellFormed = /^(?:[^\\[]|\\.|\[(?:\^|(?!\^))(?:(?:[^\\\]-]|\\.)(?:-(?:[^\\\]-]|\\.))?)+\])*$/su;

/**
 * Says whether a pattern matches a path. As `Pattern.compile` and `Pattern.match` of patternmatcher, with what is odd
 * about them.
 *
 * @throws Error of RE2 if it refuses the pattern.
 */
export function patternMatcher(pattern: string): (path: string) => boolean {
  // Go's scanner skips a byte order mark.
  const tokens: readonly string[] = pattern.replace(/^\uFEFF/, "").match(/\*\*\/?|\\?./gs) ?? [];
  const special = tokens.filter((token) => /^[*?\\[\]]/.test(token));
  if (special.length === 0) {
    return (name) => name === pattern;
  }
  if (special.length === 1 && tokens[0]?.startsWith("**")) {
    const suffix = pattern.slice(2);
    return (name) => name.endsWith(suffix) || suffix === `/${name}`;
  }
  if (special.length === 1 && tokens.at(-1) === "**") {
    return (name) => name.startsWith(pattern.slice(0, -2));
  }
  const needsRe2 = /[\\[\]{}|]/.test(pattern);
  const any = needsRe2 ? ".*" : "[^\\n]*";
  const expression = tokens.map((token, index) => {
    if (token.startsWith("**")) {
      return index === tokens.length - 1 ? any : `(${any}/)?`;
    }
    return meanings.get(token) ?? token;
  });
  // As code points, of which ? is one. Reading them so takes a regular expression longer.
  const flags = tokens.includes("?") ? "u" : "";
  return expressionMatcher(`^${expression.join("")}$`, needsRe2 ? undefined : flags);
}

/** What a token of a pattern is in a regular expression, where that differs. */
const meanings = new Map([
  ["*", "[^/]*"],
  ["?", "[^/]"],
  ...[".", "+", "(", ")", "$"].map((character) => [character, `\\${character}`] as const),
]);

/**
 * RE2 is Go's reading of classes, escapes and, because patternmatcher doesn't escape them, `{`, `}` and `|`. Any other
 * pattern means the same to JavaScript, and so a preview with only such patterns doesn't load RE2 (loader/lazy.ts).
 */
function expressionMatcher(expression: string, flags: string | undefined): (path: string) => boolean {
  if (flags !== undefined) {
    const compiled = new RegExp(expression, flags);
    return (name) => compiled.test(name);
  }
  const compiled = RE2JS.compile(expression);
  return (name) => compiled.matcher(name).find();
}
