import { type Instruction, readInstruction } from "./instruction";
import { readWords } from "./shell-words";
import { attempt } from "./unreadable";

/** A heredoc, such as `<<EOF`. */
interface Heredoc {
  /** The line that ends its body. */
  readonly name: string;
  /** Whether tabs before that line don't count: `<<-EOF`. */
  readonly chomps: boolean;
}

/**
 * The heredocs of an instruction. Only `RUN`, `COPY` and `ADD` have some, also behind `ONBUILD`, and not with a JSON
 * list. An operator inside of quotes is part of what the shell gets.
 */
export function heredocsOf({ keyword, rest, source }: Instruction): Heredoc[] {
  if (!source.includes("<<")) {
    return [];
  }
  const { keyword: command, rest: words } = keyword === "ONBUILD" ? readInstruction(rest, "\\") : { keyword, rest };
  return ["RUN", "COPY", "ADD"].includes(command) && !isJsonList(words) ? wordsOf(source, true).flatMap(heredoc) : [];
}

function heredoc(word: string): Heredoc[] {
  const [, dash, quoted = ""] = /^\d*<<(-?)\s*([^<]*)$/.exec(word) ?? [];
  const [name, ...others] = wordsOf(quoted, false);
  return name === undefined || others.length > 0 ? [] : [{ name, chomps: dash === "-" }];
}

/** The words of a text. None if BuildKit can't split it: it looks no further then. */
function wordsOf(text: string, raw: boolean): readonly string[] {
  // The backslash, whatever the Dockerfile's escape character is.
  const reading = { escape: "\\", raw, keepUnset: true };
  return attempt(
    () => readWords(text, () => undefined, reading).words,
    () => [],
  );
}

function isJsonList(text: string): boolean {
  if (!text.startsWith("[")) {
    return false;
  }
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
