const directive = /^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;

/** The lines of a text, without their ends. */
export function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  return (lines.at(-1) === "" ? lines.slice(0, -1) : lines).map((line) => line.replace(/\r+$/, ""));
}

/** The parser directives at the top of a Dockerfile. Any other line ends them, another comment too. */
function directives(lines: readonly string[], comment: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = line.startsWith(comment)
      ? (directive.exec(line.slice(comment.length).trimStart()) ?? [])
      : [];
    const key = name.toLowerCase();
    if (!["syntax", "escape", "check"].includes(key) || found.has(key)) {
      break;
    }
    found.set(key, value);
  }
  return found;
}

/** The escape character: a backslash, or a backtick after `# escape=`. */
export function escapeOf(lines: readonly string[]): string {
  const escape = directives(
    lines.map((line) => line.trimStart()),
    "#",
  ).get("escape");
  return escape === "`" ? "`" : "\\";
}

/** The image that `# syntax=` names, which reads the Dockerfile in BuildKit's place. Undefined if there is none. */
export function syntaxOf(lines: readonly string[]): string | undefined {
  const [first, ...others] = lines;
  const rest = first?.startsWith("#!") ? others : lines;
  const value = directives(rest, "#").get("syntax") ?? directives(rest, "//").get("syntax");
  return value?.split(" ")[0];
}
