import { replacePattern, trimPrefix, trimSuffix } from "./shell-patterns";
import { Unreadable } from "./unreadable";

/** How {@link readWords} reads. BuildKit reads a `FROM` in one way, and looks for heredocs in another. */
interface Reading {
  /** The Dockerfile's escape character. */
  readonly escape: string;
  /** Whether quotes and escapes stay in the result. */
  readonly raw: boolean;
  /** Whether a variable without a value stays as it is. */
  readonly keepUnset: boolean;
}

/** A text after its variables were replaced. */
interface Words {
  readonly text: string;
  /** The text, split at the spaces outside of quotes. */
  readonly words: readonly string[];
  /** The variables whose value is part of the text, also those without one. */
  readonly variables: readonly string[];
}

/**
 * Removes quotes and escapes, and replaces variables, as BuildKit does (moby/buildkit, frontend/dockerfile/shell).
 *
 * @throws Unreadable
 */
export function readWords(source: string, lookUp: (name: string) => string | undefined, reading: Reading): Words {
  return new Reader(source, lookUp, reading).read();
}

class Reader {
  private readonly characters: readonly string[];
  private position = 0;
  private rawEscapes: boolean;
  /** The word so far. BuildKit shares it with the words inside braces, which begin by clearing it. */
  private word = "";
  private readonly variables = new Set<string>();

  constructor(
    source: string,
    private readonly lookUp: (name: string) => string | undefined,
    private readonly reading: Reading,
  ) {
    this.characters = Array.from(source);
    this.rawEscapes = reading.raw;
  }

  read(): Words {
    const { text, words } = this.readUntil(undefined, this.reading.raw, false);
    return { text, words, variables: [...this.variables] };
  }

  private peek(): string | undefined {
    return this.characters[this.position];
  }

  private next(): string | undefined {
    return this.characters[this.position++];
  }

  /**
   * @param end The character that ends the text. Undefined for the end of the source.
   * @param forPattern Whether an escape in quotes is doubled, because the result is read again as a pattern.
   */
  private readUntil(end: string | undefined, rawEscapes: boolean, forPattern: boolean) {
    const outer = this.rawEscapes;
    this.rawEscapes = rawEscapes;
    this.word = "";
    let text = "";
    const words: string[] = [];
    const add = (part: string, splits: boolean) => {
      text += part;
      for (const character of part) {
        if (!splits || !/\s/.test(character)) {
          this.word += character;
        } else if (this.word !== "") {
          words.push(this.word);
          this.word = "";
        }
      }
    };
    for (let next = this.peek(); next !== end; next = this.peek()) {
      if (next === undefined) {
        throw new Unreadable(`${end} is missing`);
      }
      if (next === "$") {
        add(this.readVariable(), true);
      } else if (next === "'") {
        add(this.readSingleQuoted(forPattern), false);
      } else if (next === '"') {
        add(this.readDoubleQuoted(forPattern), false);
      } else if (next === "<") {
        add(this.readOperator(), false);
      } else if (next === this.reading.escape) {
        this.position += 1;
        add((this.rawEscapes ? next : "") + (this.next() ?? ""), false);
      } else {
        this.position += 1;
        add(next, true);
      }
    }
    this.position += 1;
    this.rawEscapes = outer;
    if (this.word !== "") {
      words.push(this.word);
      this.word = "";
    }
    return { text, words };
  }

  /** `<`, or a heredoc's `<<` with the spaces behind it: its name is part of the same word. */
  private readOperator(): string {
    let operator = this.next() ?? "";
    if (this.peek() !== "<") {
      return operator;
    }
    operator += this.next() ?? "";
    while (/^[\t\r ]$/.test(this.peek() ?? "")) {
      operator += this.next() ?? "";
    }
    return operator;
  }

  private readSingleQuoted(forPattern: boolean): string {
    const quote = this.next() ?? "";
    let text = "";
    for (let next = this.next(); next !== quote; next = this.next()) {
      if (next === undefined) {
        throw new Unreadable("a single quote is missing");
      }
      text += forPattern && next === this.reading.escape ? next + next : next;
    }
    return this.reading.raw ? quote + text + quote : text;
  }

  private readDoubleQuoted(forPattern: boolean): string {
    const { escape, raw } = this.reading;
    const quote = this.next() ?? "";
    let text = "";
    for (let next = this.peek(); next !== quote; next = this.peek()) {
      if (next === undefined) {
        throw new Unreadable("a double quote is missing");
      }
      if (next === "$") {
        text += this.readVariable();
        continue;
      }
      this.position += 1;
      const escaped = this.peek();
      if (next !== escape) {
        text += next;
      } else if (escaped === '"' || escaped === "$" || escaped === escape) {
        this.position += 1;
        text += this.rawEscapes ? next + escaped : escaped;
      } else if (escaped !== undefined) {
        text += this.rawEscapes && (!raw || forPattern) ? next + next : next;
      }
    }
    this.position += 1;
    return raw ? quote + text + quote : text;
  }

  private readVariable(): string {
    this.position += 1;
    if (this.peek() !== "{") {
      const name = this.readName();
      return name === "" ? "$" : this.valueOf(name, `$${name}`);
    }
    this.position += 1;
    if (["{", "}", ":", undefined].includes(this.peek())) {
      throw new Unreadable("a substitution has no name");
    }
    const name = this.readName();
    const operator = this.next();
    switch (operator) {
      case "}":
        return this.valueOf(name, `\${${name}}`);
      case ":":
        return this.substitute(name, this.next(), true);
      case "/":
        return this.replace(name);
      default:
        return this.substitute(name, operator, false);
    }
  }

  private readName(): string {
    const first = this.peek() ?? "";
    if (/^[@*#?\-$!]$/.test(first)) {
      this.position += 1;
      return first;
    }
    const part = /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u;
    let name = "";
    while (part.test(this.peek() ?? "")) {
      name += this.next() ?? "";
    }
    return name;
  }

  /** `${NAME-word}` and its kin. */
  private substitute(name: string, operator: string | undefined, emptyIsUnset: boolean): string {
    const trims = operator === "#" || operator === "%";
    if (operator === undefined || !"+-?#%".includes(operator) || (emptyIsUnset && trims)) {
      throw new Unreadable(`a substitution of ${name} is unknown`);
    }
    const { text: word } = this.readUntil("}", trims, trims);
    const value = this.lookUp(name);
    if (value === undefined && this.reading.keepUnset) {
      return `\${${name}${emptyIsUnset ? ":" : ""}${operator}${word}}`;
    }
    const isUnset = value === undefined || (emptyIsUnset && value === "");
    switch (operator) {
      case "-":
        return isUnset ? word : this.valueOf(name, "");
      case "+":
        return isUnset ? "" : word;
      case "?":
        if (isUnset) {
          throw new Unreadable(word || `is not allowed to be ${value === undefined ? "unset" : "empty"}`, name);
        }
        return this.valueOf(name, "");
      case "#":
        return trimPrefix(this.valueOf(name, ""), word);
      default:
        return trimSuffix(this.valueOf(name, ""), word);
    }
  }

  /** `${NAME/pattern/replacement}`, and with `//` for every match. */
  private replace(name: string): string {
    const everywhere = this.peek() === "/";
    this.position += everywhere ? 1 : 0;
    const { text: pattern } = this.readUntil("/", true, true);
    const { text: replacement } = this.readUntil("}", true, false);
    return this.lookUp(name) === undefined && this.reading.keepUnset
      ? `\${${name}/${pattern}/${replacement}}`
      : replacePattern(this.valueOf(name, ""), pattern, replacement, everywhere);
  }

  /** @param source How the variable stands in the text. */
  private valueOf(name: string, source: string): string {
    const value = this.lookUp(name);
    if (value === undefined && this.reading.keepUnset) {
      return source;
    }
    this.variables.add(name);
    return value ?? "";
  }
}
