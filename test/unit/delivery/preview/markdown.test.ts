import assert from "node:assert/strict";
import { Parser } from "commonmark";
import { test } from "node:test";
import { codeBlock, codeSpan, visible } from "../../../../delivery/preview/markdown";
import { hostile } from "../hostile";

const shown: Readonly<Record<string, string>> = {
  "plain → text": "plain → text",
  "\u001b[31mred\u001b[0m": "red",
  "\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007": "link",
  "a\tb\r\nc\u0000": "a\\u{9}b\\u{d}\\u{a}c\\u{0}",
  "user\u202etxt.exe": "user\\u{202e}txt.exe",
  "zero\u200bwidth\ufeff": "zero\\u{200b}width\\u{feff}",
  "line\u2028separator": "line\\u{2028}separator",
  "half \ud83d": "half \\u{d83d}",
};

for (const [text, expected] of Object.entries(shown)) {
  test(`${JSON.stringify(text)} is shown as ${expected}`, () => assert.equal(visible(text), expected));
}

/** What a Markdown parser makes of a text: type and content of each node that has any. */
function nodes(markdown: string): [string, string | null][] {
  const walker = new Parser().parse(markdown).walker();
  const found: [string, string | null][] = [];
  for (let event = walker.next(); event; event = walker.next()) {
    if (event.entering && event.node.literal !== null) {
      found.push([event.node.type, event.node.literal]);
    }
  }
  return found;
}

test("a code span holds any text whole, and nothing but it", () => {
  for (const text of hostile()) {
    const [before, code, after, ...others] = nodes(`before ${codeSpan(text)} after`);
    assert.deepEqual([before, after, others], [["text", "before "], ["text", " after"], []], text);
    // Spaces at the ends are the one thing that a span doesn't keep.
    assert.deepEqual([code?.[0], code?.[1]?.trim()], ["code", visible(text).trim()], text);
  }
});

test("a code block holds any lines whole, and nothing but them", () => {
  for (const text of hostile()) {
    const lines = [text, `  ${text}`, ""];
    assert.deepEqual(nodes(`before\n\n${codeBlock(lines, "diff")}\n\nafter`), [
      ["text", "before"],
      ["code_block", `${lines.map(visible).join("\n")}\n`],
      ["text", "after"],
    ]);
  }
});
