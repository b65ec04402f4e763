import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { TestContext } from "node:test";

const root = process.cwd();

/** Makes a directory that goes with the test, with these files in it: path → content. */
export function directoryWith(test: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "ping-test-"));
  test.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
  return directory;
}

/** The same, and the working directory until the test ends: the program's paths are relative to the project's root. */
export function projectWith(test: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = directoryWith(test, files);
  process.chdir(directory);
  test.after(() => process.chdir(root));
  return directory;
}
