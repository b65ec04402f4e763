/** `run.ts [DIRECTORY]`, `npm run test:unit`: runs every `*.test.ts` of a directory once, by default of this one. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/** With a process for each file, as node:test would have it, most of the time goes by with loading Pulumi's SDK. */
const processes = 2;

/**
 * Divides a directory's tests: `shared` has a list for each process that several files share; each file of `alone`
 * (`*.alone.test.ts`) gets its own process, because it asserts, for example, what a program loads.
 */
export function divide(directory: string): { shared: string[][]; alone: string[] } {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
  if (files.length === 0) {
    throw new Error(`${directory} has no *.test.ts`);
  }
  const alone = files.filter((file) => file.endsWith(".alone.test.ts"));
  const others = files.filter((file) => !alone.includes(file));
  const shared = Array.from({ length: processes }, (_, which) =>
    others.filter((_file, index) => index % processes === which),
  ).filter((list) => list.length > 0);
  return { shared, alone };
}

/** A program that runs these tests. As a suite, each file has its hooks for itself. */
const programOf = (directory: string, files: readonly string[]) =>
  files
    .map((file) => [JSON.stringify(file), JSON.stringify(join(directory, file))])
    .map(([name, path]) => `require("node:test").suite(${name}, () => { require(${path}); });\n`)
    .join("");

if (require.main === module) {
  const root = resolve(process.argv[2] ?? __dirname);
  const { shared, alone } = divide(root);
  const directory = mkdtempSync(join(tmpdir(), "ping-unit-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const programs = shared.map((files, which) => {
    const program = join(directory, `shared-${which}.cjs`);
    writeFileSync(program, programOf(root, files));
    return program;
  });
  const files = [...programs, ...alone.map((file) => join(root, file))];
  const interrupt = new AbortController();
  // Without this the signal would end this process alone, and leave the directory and the tests' processes behind.
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      process.exitCode = status;
      interrupt.abort();
    });
  }
  run({ files, concurrency: files.length, signal: interrupt.signal })
    .on("test:fail", () => (process.exitCode ||= 1))
    .pipe(new spec())
    .pipe(process.stdout);
}
