/** Escape sequences of terminals, as far as CSI and OSC go (ECMA-48). */
const terminal = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/** Control characters, those that reorder or hide text (CVE-2021-42574), separators of lines, lone surrogates. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text of one line as a reader should see it: without a terminal's colours, what is invisible spelled out. */
export function visible(text: string): string {
  return text
    .replace(terminal, "")
    .replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * A code span, in which GitHub reads no Markdown, HTML, mention, reference or link. It ends at a run of backticks of its
 * own length alone (CommonMark 6.1), so it gets a longer one than any inside.
 */
export function codeSpan(text: string): string {
  const shown = visible(text);
  const fence = longerThan(shown, 0);
  const pad = shown === "" || /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** A fenced code block, with the same promise (CommonMark 4.5); lines stay lines. */
export function codeBlock(lines: readonly string[], language = ""): string {
  const shown = lines.map(visible).join("\n");
  const fence = longerThan(shown, 2);
  return `${fence}${language}\n${shown}\n${fence}`;
}

function longerThan(text: string, least: number): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), least);
  return "`".repeat(longest + 1);
}

/** Something to unfold. The summary is HTML: it must come from the program itself. */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}
