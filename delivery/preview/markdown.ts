/** Escape sequences of terminals, as far as CSI and OSC go (ECMA-48). */
const terminal = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/** Control characters, those that reorder or hide text (CVE-2021-42574), separators of lines, lone surrogates. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A line of text without a terminal's colours and with every invisible character spelled out. */
export function visible(text: string): string {
  return text
    .replace(terminal, "")
    .replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * A code span. GitHub reads no Markdown, HTML, mention, reference or link in it. A code span ends at a run of as many
 * backticks as it began with (CommonMark 6.1), so it begins with more than any run inside.
 */
export function codeSpan(text: string): string {
  const shown = visible(text);
  const fence = longerThan(shown, 0);
  const pad = shown === "" || /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** A fenced code block. It ends as a code span does (CommonMark 4.5). */
export function codeBlock(lines: readonly string[], language = ""): string {
  const shown = lines.map(visible).join("\n");
  const fence = longerThan(shown, 2);
  return `${fence}${language}\n${shown}\n${fence}`;
}

function longerThan(text: string, least: number): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), least);
  return "`".repeat(longest + 1);
}

/** A part that a reader unfolds. The summary is HTML, so it must hold no text from outside this program. */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}
