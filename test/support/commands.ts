import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { directoryWith } from "./files";

/** Puts a shell script in a directory, as a command. */
export function putCommand(directory: string, name: string, script: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Makes a directory that goes with the test, with these commands in it: name → shell script. */
export function commandsIn(t: TestContext, commands: Readonly<Record<string, string>> = {}): string {
  const directory = directoryWith(t);
  Object.entries(commands).forEach(([name, script]) => putCommand(directory, name, script));
  return directory;
}
