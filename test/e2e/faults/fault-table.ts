import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../sandbox/ground/paths";

/** A row of the table: what happens, what the user sees of it, and what there is to do. */
export interface Fault {
  readonly what: string;
  /** Each as {@link excerpt} has taken it out of a command's output. */
  readonly seen: readonly string[];
  readonly advice: string;
}

/** Why a pod doesn't start, and the first line that is said of it. */
export interface PodFault {
  readonly what: string;
  readonly line: string;
}

const file = join(checkout, "docs", "faults.md");

const introduction = `# Faults

What a user sees when something breaks, and what to do then. In each case nothing that was deployed is forgotten, and once
the cause is gone the next \`pulumi up\` succeeds and leaves nothing to do.

\`npm run e2e -- faults\` causes each of these in the sandbox, asserts that, and writes this file: the text in the middle is
cut out of what the commands printed, with \`…\` for what differs from run to run.

In a terminal Pulumi shows a build's output only while it runs. \`pulumi preview --non-interactive\` keeps it, as do CI logs.

**A rollout that fails** ends after twice the \`progressDeadline\`. \`pulumi up\` then asks the cluster why, by kubectl, and
prints it below \`Diagnostics\`: [the causes](#why-a-pod-doesnt-start) first, then conditions, pods, last lines and warnings.
\`node --require ./loader delivery/cli/diagnose.ts --stack STACK\` says the same at any time. Pulumi's Kubernetes
provider itself names a container that crashes, but takes the kubelet's stop for a crash, and gives no reason for a quota or a
missing node.
\`up\` can't say why the pod of a migration doesn't start, because Kubernetes removes it at the deadline: \`kubectl get events\`
in the namespace has the reason. It says nothing if it is interrupted, and names its missing right if its role may not read
pods and events.

**How to read \`--refresh --diff\`**: lines below \`spec\`, and labels and annotations that the program sets, are changes that
somebody made. \`managedFields\`, \`resourceVersion\`, \`generation\` and \`status\` are the cluster's own book-keeping. An update
with no line at all is an object that wasn't ready when it was read.
`;

const podIntroduction = `## Why a pod doesn't start

The suite causes each of these in a Deployment of its own, with 3 seconds to start.
`;

/** What differs from run to run, and what stands for it. */
const volatile: readonly [RegExp, string][] = [
  [/sha256:[0-9a-f]{64}/g, "sha256:…"],
  [/(?<=\/ping:)[0-9a-f]{16}/g, "…"],
  [/\bping-[0-9a-f]{8,10}(-[a-z0-9]{5})?\b/g, "ping-…"],
  [/(?:\[::1\]|localhost|127\.0\.0\.1):\d+/g, "localhost:…"],
  [/(?<=\bused: )[^,]+/g, "…"],
  [/\w+@[\w.-]+ \(pid \d+\)/g, "USER@HOST (pid …)"],
  // An edit of the service is no other answer.
  [/(?<=\bline )\d+|(?<=\.go:)\d+:\d+/g, "…"],
];

/**
 * The part of a command's output that a pattern finds, in the form in which every run prints it.
 * @throws AssertionError with the whole output, where it isn't there.
 */
export function excerpt(output: string, pattern: RegExp): string {
  const [found] = pattern.exec(output) ?? [];
  assert.ok(found !== undefined, `${String(pattern)} is not in:\n${output}`);
  return stable(found);
}

/** Text in the form in which every run prints it. */
export function stable(text: string): string {
  return volatile.reduce((before, [varying, constant]) => before.replace(varying, constant), text).trim();
}

/** Writes the document, and tells whether it says something else than before. */
export function writeTable(faults: readonly Fault[], podFaults: readonly PodFault[]): boolean {
  const text = `${introduction}\n${table(faults)}\n\n${podIntroduction}\n${podTable(podFaults)}\n`;
  const changed = !existsSync(file) || text !== readFileSync(file, "utf8");
  writeFileSync(file, text);
  return changed;
}

/** The faults as a table in Markdown. */
export function table(faults: readonly Fault[]): string {
  const rows = faults.map(({ what, seen, advice }) => [what, seen.map(code).join("<br>"), advice]);
  return markdown([["fault", "what you see", "what to do"], ["---", "---", "---"], ...rows]);
}

function podTable(faults: readonly PodFault[]): string {
  return markdown([
    ["why", "what you read first"],
    ["---", "---"],
    ...faults.map(({ what, line }) => [what, code(line)]),
  ]);
}

function markdown(lines: readonly (readonly string[])[]): string {
  // A table this wide would only be harder to read with its columns aligned.
  return ["<!-- oxfmt-ignore -->", ...lines.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
}

/** As code in a cell of a table. */
function code(text: string): string {
  return `\`\` ${text.replaceAll("|", "\\|")} \`\``;
}
