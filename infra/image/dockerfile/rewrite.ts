import type { PlacedInstruction } from "./instructions";

/** Another base for a stage. */
interface NewBase {
  readonly from: PlacedInstruction;
  readonly base: string;
}

/** A Dockerfile's text with other bases. Every other instruction keeps its line. */
export function withBases(text: string, bases: readonly NewBase[]): string {
  const lines = text.split("\n");
  for (const { from, base } of bases) {
    const { firstLine, lastLine, source, rest } = from;
    const start = source.trimEnd().slice(0, -rest.length);
    const others = lines.slice(firstLine, lastLine).map(() => "#");
    lines.splice(firstLine - 1, others.length + 1, start + rest.replace(/^\S+/, () => base), ...others);
  }
  return lines.join("\n");
}
