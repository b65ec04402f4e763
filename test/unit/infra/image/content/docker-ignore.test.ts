import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { parseIgnoreFile } from "../../../../../infra/image/content/docker-ignore";
import { neverThrows } from "../../../fuzz";

/** Whether a path is ignored, asked as the walk asks: its directories first. */
function ignores(ignoreFile: string, name: string): boolean {
  const rules = parseIgnoreFile(ignoreFile, "app/.dockerignore");
  const parts = name.split("/");
  return parts.reduce<{ ignored: boolean; matches?: readonly boolean[] }>(
    ({ matches }, _, index) => rules.match(parts.slice(0, index + 1).join("/"), matches),
    { ignored: false },
  ).ignored;
}

// Each row is what github.com/moby/patternmatcher says. The suite bases compares thousands more with it.
const table: readonly (readonly [ignoreFile: string, ignored: readonly string[], sent: readonly string[]])[] = [
  ["LICENSE\ndocs", ["LICENSE", "docs/a"], ["license/main.go", "Docs/a", "a/LICENSE"]],
  ["*\n!**.go", ["README", "a/b.txt"], ["main.go", "a/b.go", "a/b/.go"]],
  ["*\n!*.go", ["a/b.go"], ["main.go"]],
  ["**/*.go", ["a.go", "a/b.go"], ["a.goo"]],
  ["*/*.go", ["a/b.go"], ["a.go", "a/b/c.go"]],
  ["a/**", ["a/b", "a/b/c"], ["a", "ab"]],
  ["a**", ["a", "ab", "a/b"], ["b"]],
  ["**", ["a", "a/b"], []],
  ["**/", ["a", "a/b"], []],
  ["**/b", ["b", "a/b", "a/c/b"], ["ab"]],
  ["**b", ["b", "ab", "a/ab"], ["ba"]],
  ["a/**/b", ["a/b", "a/c/b", "a/c/d/b"], ["ab", "a/cb"]],
  ["a?c", ["abc", "a😀c"], ["ac", "a/c"]],
  ["a\n!a/b\na/b/c", ["a/x", "a/b/c"], ["a/b", "a/b/d"]],
  ["c++", ["c++"], ["ccc"]],
  ["*a(1", ["a(1", "ba(1"], ["a1"]],
  ["v1.*", ["v1.0"], ["v100"]],
  ["constructor", ["constructor"], ["toString"]],
  ["*\n!constructor", ["__proto__"], ["constructor"]],
  ["\uFEFFa\r\n# b\r\n b \r\n#c", ["a", "b"], ["#c", "c", "# b"]],
  [" #a", ["#a"], ["a"]],
  ["a\n\t! /a/b/ ", ["a/c"], ["a/b", "a/b/c"]],
  ["/a/\n./b/../c//d/.", ["a", "c/d"], ["b", "c"]],
  ["a\n./!a", [], ["a"]],
  [".\n/\n..", [], ["a", ".a"]],
  ["a\\*\n\\!b\n\\#c", ["a*", "!b", "#c"], ["ab", "b", "#"]],
  ["[a-c]x\n[^a]y\n[[:digit:]]z", ["bx", "by", "5z"], ["dx", "ay", ":]z"]],
  ["\\d", ["1"], ["d"]],
  ["a|b*", ["a", "ac", "cb"], ["c"]],
  ["a|b", ["a|b"], ["a", "b"]],
  ["a^b", ["a^b"], ["ab"]],
  ["日本*", ["日本語"], ["日"]],
  ["\n   \n", [], ["a"]],
];

for (const [ignoreFile, ignored, sent] of table) {
  test(`${JSON.stringify(ignoreFile)} ignores ${ignored.join(" ") || "nothing"}, as docker has it`, () => {
    assert.deepEqual(
      [...ignored, ...sent].filter((name) => ignores(ignoreFile, name)),
      ignored,
    );
  });
}

test("a line that docker refuses is named, with its number", () => {
  for (const line of ["!", "! /", "[", "a/[b", "[]a]", "[a-]", "\\"]) {
    assert.throws(() => parseIgnoreFile(`a\n${line}\n`, "app/.dockerignore"), {
      message: /^app\/\.dockerignore, line 2, is no pattern that docker takes: .+\. Correct it: /,
    });
  }
  const { match } = parseIgnoreFile("a\\q", "app/.dockerignore");
  assert.throws(() => match("b"), {
    message: /^app\/\.dockerignore, line 1, .+: invalid escape sequence: `\\q`\. Correct it: a\\q$/,
  });
});

test("an ignored directory is entered only if an exception could match below it", () => {
  const enters = (ignoreFile: string) => parseIgnoreFile(ignoreFile, "").mayMatchBelow("a/b");
  assert.deepEqual(
    ["*", "*\n!c", "*\n!a/bc", "*\n!a", "*\n!a/b", "*\n!a/b/c", "*\n!a/b/**", "*\n!*.go", "*\n!a/b/*/c", "*\n!c/*"].map(
      enters,
    ),
    [false, false, false, false, true, true, true, true, true, false],
  );
});

test("whatever an ignore file holds, an answer for each path or a Failure comes of it", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "*",
      "**",
      "**/",
      "?",
      "[",
      "]",
      "[^a-z]",
      "[z-a]",
      "[a",
      "\\",
      "\\d",
      "\\Q",
      "!",
      "#",
      "/",
      "//",
      "..",
    ),
    fc.constantFrom(
      "(",
      ")",
      "{1,",
      "{2}",
      "{99999}",
      "|",
      "+",
      "^",
      "$",
      ".",
      "\n",
      "\r\n",
      " ",
      "\uFEFF",
      "\u0085",
      "😀",
    ),
    fc.constantFrom("a", "b.go", "(?i)", "(?<n>", "\\p{L}", "[[:alpha:]]", "constructor"),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));
  const name = fc.oneof(fc.constantFrom("a", "a/b.go", "a/b/c", "\uFFFD", "\\", "{1,", "[a"), fc.string());
  neverThrows(fc.tuple(text, name), ([content, asked]) => {
    ignores(content, asked);
    parseIgnoreFile(content, "app/.dockerignore").mayMatchBelow(asked);
  });
});
