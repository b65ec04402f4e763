import { escapeOf, linesOf } from "./directives";
import { heredocsOf } from "./heredocs";
import { type Instruction, readInstruction } from "./instruction";

/** An instruction and where it stands. */
export interface PlacedInstruction extends Instruction {
  /** Numbers of its first and last line, from 1 on. The bodies of its heredocs are behind the last. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/**
 * The instructions of a Dockerfile, as BuildKit reads them (moby/buildkit, frontend/dockerfile/parser). A line that
 * BuildKit refuses is an instruction like any other.
 */
export function readInstructions(text: string): PlacedInstruction[] {
  const lines = linesOf(text);
  const escape = escapeOf(lines);
  // An escape at a line's end continues the line, unless another one is before it.
  const continues = escape === "`" ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/;
  const part = (line: string) => ({ text: line.replace(continues, "$1"), continued: continues.test(line) });
  const instructions: PlacedInstruction[] = [];
  let at = 0;
  while (at < lines.length) {
    const firstLine = at + 1;
    const first = (lines[at++] ?? "").trimStart();
    if (first === "" || first.startsWith("#")) {
      continue;
    }
    let { text: source, continued } = part(first);
    for (; continued && at < lines.length; at++) {
      const line = lines[at] ?? "";
      if (line.trim() !== "" && !line.trimStart().startsWith("#")) {
        const next = part(line);
        source += next.text;
        continued = next.continued;
      }
    }
    const instruction = { firstLine, lastLine: at, ...readInstruction(source, escape) };
    instructions.push(instruction);
    for (const { name, chomps } of heredocsOf(instruction)) {
      const body = lines.slice(at);
      const end = body.findIndex((line) => (chomps ? line.replace(/^\t+/, "") : line) === name);
      at += end < 0 ? body.length : end + 1;
    }
  }
  return instructions;
}
