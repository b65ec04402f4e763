import fc from "fast-check";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { dockerContext } from "../../sandbox/toolchain/binaries";
import { buildBinaries } from "../../sandbox/toolchain/build-binaries";

const names = fc.constantFrom(
  ...[
    "a",
    "b",
    "A",
    "a.go",
    "b.go",
    ".git",
    "constructor",
    "__proto__",
    "c++",
    "a(1",
    "x[1]",
    "é",
    "日本",
    "😀",
    "a b",
  ],
  ...[
    "#a",
    "!a",
    "a^b",
    "-",
    "a-b",
    "[a]",
    "a\\b",
    "$x",
    "{a}",
    "a|b",
    "..x",
    "a**",
    "*",
    "?",
    "x\ny",
    "\u00A0q",
    "\uFEFFa",
  ],
);

const globs = fc.constantFrom(
  ...["*", "**", "?", "*.go", "**/", "/", "[a-c]", "[^a]", "[[:alpha:]]", "[a*]", "[]a]", "[a-]", "[-a]", "[", "]"],
  ...["\\", "\\a", "\\*", "\\!", "\\#", "\\d", "\\b", "\\Q", "\\é", "\\pL", "[\\d]", "\\.", "\\\\", "!", "..", "./"],
);

const between = fc.constantFrom("/", "/", "/", "", "//", "/./", "/../", "/**/", "/*/");
const start = fc.constantFrom(
  "",
  "",
  "",
  "",
  "!",
  "!",
  "/",
  "./",
  "**/",
  "! ",
  " ",
  "#",
  "!!",
  "/!",
  "*\n",
  "**\n",
  "*/*\n!",
);
const end = fc.constantFrom("", "", "", "", "/", "/**", "/*", " ", "\t", "\r");

const line = fc
  .tuple(start, fc.array(fc.tuple(fc.oneof(names, globs), between), { minLength: 1, maxLength: 4 }), end)
  .map(([before, parts, after]) => before + parts.flat().slice(0, -1).join("") + after);

const ignoreFile = fc
  .tuple(fc.constantFrom("", "", "", "\uFEFF"), fc.array(line, { minLength: 1, maxLength: 7 }))
  .map(([mark, lines]) => mark + lines.join("\n"));

/** Ignore files, the same ones for the same seed. */
export function randomIgnoreFiles(seed: number, count: number): string[] {
  return fc.sample(ignoreFile, { seed, numRuns: count });
}

/** Fills a directory with files, links and directories, none of which is empty. The same ones for the same seed. */
export function fillDirectory(directory: string, seed: number): void {
  const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  for (const name of fc.sample(paths, { seed, numRuns: 60 })) {
    const file = path.join(directory, name);
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, "", { flag: "wx" });
    } catch {
      // An earlier path is a file or a directory there.
    }
  }
  fs.symlinkSync(".", path.join(directory, "l"));
  fs.symlinkSync("a/b", path.join(directory, "m.go"));
}

/**
 * Asks BuildKit what docker sends of a directory with each of the ignore files. The answer lists paths. The path of a
 * directory ends with `/`. Null if docker refuses the ignore file.
 */
export async function sentByDocker(directory: string, ignoreFiles: readonly string[]): Promise<(string[] | null)[]> {
  const [binaries = ""] = await buildBinaries(new AbortController().signal, [dockerContext]);
  const input = JSON.stringify(ignoreFiles);
  const output = execFileSync(path.join(binaries, "docker-context"), [directory], { input, maxBuffer: 2 ** 28 });
  return JSON.parse(output.toString()) as (string[] | null)[];
}
