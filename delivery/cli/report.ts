import { appendFileSync } from "node:fs";
import type { Outcome } from "../release";

/**
 * Says how a release ended: to the user, by the exit status, and where a workflow reads it (`GITHUB_OUTPUT`): `image`, if
 * the release was good, `built`, if the release built it, and `url`, if it has one outside of the cluster.
 */
export function report(stack: string, outcome: Outcome): void {
  if (outcome.kind === "released") {
    process.stdout.write(`${stack} runs ${outcome.image}\n`);
    const file = process.env["GITHUB_OUTPUT"] ?? "";
    if (file !== "") {
      const { image, built, exposed } = outcome;
      const lines = [
        `image=${image}`,
        ...(built ? [`built=${image}`] : []),
        ...(exposed ? [`url=${exposed.url}`] : []),
      ];
      appendFileSync(file, lines.map((line) => `${line}\n`).join(""));
    }
    return;
  }
  process.stderr.write(`error: the release of ${stack} failed: ${outcome.reason}; ${now(outcome)}\n`);
  process.exitCode = 1;
}

/** What the stack runs after a release that wasn't good. */
function now(outcome: Exclude<Outcome, { kind: "released" }>): string {
  switch (outcome.kind) {
    case "unchanged":
      return "nothing was changed, so nothing is undone";
    case "returned":
      return `it is back at the last good release, ${outcome.commit} with ${outcome.image}`;
    case "unknown":
      return "it runs the release, and nobody knows whether that is healthy";
    case "broken":
      return "it is not healthy";
  }
}
