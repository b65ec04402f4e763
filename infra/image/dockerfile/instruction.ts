/** An instruction in one line. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** The words before the arguments that begin with `--`, without quotes. */
  readonly flags: readonly string[];
  readonly rest: string;
  /** The whole line. The bodies of heredocs are no part of it. */
  readonly source: string;
}

/** @param escape The Dockerfile's escape character. */
export function readInstruction(source: string, escape: string): Instruction {
  const [keyword = "", rest = ""] = splitOnce(source.trim());
  return { keyword: keyword.toUpperCase(), ...splitFlags(rest, escape), source };
}

function splitOnce(text: string): string[] {
  const [space = ""] = /[\t\v\f\r ]+/.exec(text) ?? [];
  const at = text.indexOf(space);
  return space === "" ? [text] : [text.slice(0, at), text.slice(at + space.length)];
}

/** Takes the words from the start that begin with `--`. A word `--` alone ends them. */
function splitFlags(text: string, escape: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let rest = text.trimStart();
  while (rest.startsWith("--")) {
    let flag = "";
    let quote = "";
    let at = 0;
    for (; at < rest.length && (quote !== "" || !/\s/.test(rest.charAt(at))); at++) {
      const character = rest.charAt(at);
      if (character === quote) {
        quote = "";
      } else if (quote === "" && (character === "'" || character === '"')) {
        quote = character;
      } else if (character === escape) {
        flag += rest.charAt(++at);
      } else {
        flag += character;
      }
    }
    rest = rest.slice(at).trimStart();
    if (flag === "--") {
      break;
    }
    flags.push(flag);
  }
  return { flags, rest: rest.trimEnd() };
}
