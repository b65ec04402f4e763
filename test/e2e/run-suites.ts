import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isUp } from "../sandbox/machine";
import { checkout } from "../sandbox/paths";
import { succeed } from "./execute";
import { npm } from "./sandbox";

const suffix = ".e2e.ts";
const suites = readdirSync(__dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .sort();

const help = `npm run e2e [-- suite…]

Runs end-to-end suites in the sandbox, all of them by default: ${suites.join(", ")}.
A sandbox that was down is down again afterwards.
`;

/** Runs a command whose output the user sees, and returns its exit status. */
async function foreground([file, ...args]: [string, ...string[]]): Promise<number> {
  const child = spawn(file, args, { cwd: checkout, stdio: "inherit" });
  const [status] = (await once(child, "close")) as [number | null];
  return status ?? 1;
}

async function main(names: string[]): Promise<number> {
  if (names.some((name) => ["--help", "-h"].includes(name))) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = names.filter((name) => !suites.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`error: no suite is called ${unknown.join(", ")}\n\n${help}`);
    return 2;
  }
  const wasUp = isUp();
  const files = (names.length > 0 ? names : suites).map((name) => join(__dirname, name + suffix));
  const test = ["--require", "tsx/cjs", "--test", "--test-concurrency=1", "--test-reporter=spec", ...files];
  try {
    // Here, where its progress shows: the first time takes minutes.
    const up = await foreground(npm("sandbox", "--", "true"));
    return up === 0 ? await foreground([process.execPath, ...test]) : up;
  } finally {
    // A start that failed, such as one without root, has left nothing to stop.
    if (!wasUp && isUp()) {
      await succeed(npm("sandbox:down"), { cwd: checkout });
    }
  }
}

void main(process.argv.slice(2)).then((status) => (process.exitCode = status));
