import { appendFileSync } from "node:fs";
import type { Outcome } from "../release";

/**
 * Says how a release ended: to the user, by the exit status, and where a workflow reads it (`GITHUB_OUTPUT`): `image`, if
 * the release was good.
 */
export function report(stack: string, outcome: Outcome): void {
  if (outcome.kind === "released") {
    process.stdout.write(`${stack} runs ${outcome.image}\n`);
    const file = process.env["GITHUB_OUTPUT"] ?? "";
    if (file !== "") {
      appendFileSync(file, `image=${outcome.image}\n`);
    }
    return;
  }
  const now = outcome.kind === "returned" ? `it is back at the last good image, ${outcome.image}` : "it is not healthy";
  process.stderr.write(`error: the release of ${stack} failed: ${outcome.reason}; ${now}\n`);
  process.exitCode = 1;
}
