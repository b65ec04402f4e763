/** `npm run test:unit`: runs every `*.test.ts` of this folder once. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/** With a process for each file, as node:test would have it, most of the time goes by with loading Pulumi's SDK. */
const processes = 2;

/**
 * The tests of a directory: those that share a process, for each, and those with a process of their own, `*.alone.test.ts`,
 * which assert what a program loads, for example.
 */
export function divide(directory: string): { shared: string[][]; alone: string[] } {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
  const alone = files.filter((file) => file.endsWith(".alone.test.ts"));
  const others = files.filter((file) => !alone.includes(file));
  const shared = Array.from({ length: processes }, (_, which) =>
    others.filter((_file, index) => index % processes === which),
  );
  return { shared, alone };
}

/** A program that runs these tests. As a suite, each file has its hooks for itself. */
const programOf = (files: readonly string[]) =>
  files
    .map((file) => [JSON.stringify(file), JSON.stringify(join(__dirname, file))])
    .map(([name, path]) => `require("node:test").suite(${name}, () => { require(${path}); });\n`)
    .join("");

if (require.main === module) {
  const { shared, alone } = divide(__dirname);
  const directory = mkdtempSync(join(tmpdir(), "ping-unit-"));
  process.on("exit", () => rmSync(directory, { recursive: true }));
  const programs = shared.map((files, which) => {
    const program = join(directory, `shared-${which}.cjs`);
    writeFileSync(program, programOf(files));
    return program;
  });
  const files = [...programs, ...alone.map((file) => join(__dirname, file))];
  run({ files, concurrency: files.length })
    .on("test:fail", () => (process.exitCode = 1))
    .pipe(new spec())
    .pipe(process.stdout);
}
