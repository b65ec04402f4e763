/** `npm test`: runs the scripts `check:*` and `test:*` of package.json beside one another. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { npm } from "./support/npm";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** Runs a script, shows its output when it has ended, and returns its exit status. */
async function runScript(name: string): Promise<number> {
  const [file, ...args] = npm(name);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const [status] = (await once(child, "close")) as [number | null];
  process.stdout.write(status === 0 ? output : `${output}npm run ${name} failed\n`);
  return status ?? 1;
}

const names = Object.keys(scripts).filter((name) => /^(check|test):/.test(name));
// No process.exit: what a pipe hasn't taken yet would be lost.
void Promise.all(names.map(runScript)).then((statuses) => (process.exitCode = Math.max(...statuses)));
