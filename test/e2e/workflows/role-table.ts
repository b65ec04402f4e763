import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../sandbox/ground/paths";
import type { StepCalls } from "./workflow-run";

/** A right in a role's policy. */
export interface Right {
  readonly role: string;
  readonly action: string;
}

/** A call that its role's policy doesn't allow. */
interface Refused extends Right {
  readonly resource: string;
  /** Which command of which job. */
  readonly command: string;
}

/** A right and who used it. */
interface UsedRight extends Right {
  readonly resources: readonly string[];
  readonly commands: readonly string[];
}

/** What a reader knows a step by: the script of delivery/ that it runs, Docker's login, or the words before the first option. */
export function commandOf(run: string): string {
  const [script] = /(?<=delivery\/cli\/)[\w-]+\.ts(?: (?:open|close)\b)?/.exec(run) ?? [];
  const [words = run] = /docker login/.exec(run) ?? /^\w+(?: \w[\w-]*)*/.exec(run) ?? [];
  return script ?? words;
}

const by = ({ workflow, run }: StepCalls) => `\`${workflow}\`: ${commandOf(run)}`;

/** What was refused. */
export function refused(steps: readonly StepCalls[]): Refused[] {
  return steps.flatMap((step) =>
    step.calls
      .filter(({ allowed }) => !allowed)
      .map(({ role, action, resource }) => ({ role, action, resource, command: by(step) })),
  );
}

/** What was used, in the order of the alphabet. */
export function used(steps: readonly StepCalls[]): UsedRight[] {
  const found = new Map<string, { role: string; action: string; resources: Set<string>; commands: Set<string> }>();
  for (const step of steps) {
    for (const { role, action, resource } of step.calls) {
      const key = `${role} ${action}`;
      const entry = found.get(key) ?? { role, action, resources: new Set(), commands: new Set() };
      found.set(key, entry);
      entry.resources.add(resource.replace(/^arn:.*?:(?=[^:]*$)/, ""));
      entry.commands.add(by(step));
    }
  }
  return [...found.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { role, action, resources, commands }]) => ({
      role,
      action,
      resources: [...resources].sort(),
      commands: [...commands].sort(),
    }));
}

/** The rights that nothing used. */
export function unused(rights: readonly Right[], steps: readonly StepCalls[]): Right[] {
  const calls = new Set(steps.flatMap((step) => step.calls.map(({ role, action }) => `${role} ${action}`)));
  return rights.filter(({ role, action }) => !calls.has(`${role} ${action}`));
}

const file = join(checkout, "docs", "roles.md");

const introduction = `# Roles

What GitHub's jobs may do in AWS, and which of their commands does it. \`infra/github/role-policies.ts\` has the policies; nothing
else gives these roles a right but the policy of the buckets (\`docs/eks.md\`). Anybody may call \`sts:GetCallerIdentity\`.

\`npm run e2e -- ecr\` runs every command of every workflow with the credentials of its job's role, in a sandbox whose AWS decides by
the policies that the stacks have registered, and writes this file. It fails if a command is refused, and if a role has a right that
no command uses and that isn't at the table's end, with the reason.
`;

/** Writes the document, and tells whether it says something else than before. */
export function writeRoles(
  rights: readonly UsedRight[],
  unneeded: readonly (Right & { readonly why: string | undefined })[],
): boolean {
  const used = rights.map(({ role, action, resources, commands }) => [
    `\`${role}\``,
    `\`${action}\``,
    resources.map((each) => `\`${each}\``).join("<br>"),
    commands.join("<br>"),
  ]);
  const others = unneeded.map(({ role, action, why = "" }) => [`\`${role}\``, `\`${action}\``, "", `nothing: ${why}`]);
  const lines = [["role", "action", "on", "called by"], ["---", "---", "---", "---"], ...used, ...others];
  const table = ["<!-- oxfmt-ignore -->", ...lines.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
  const text = `${introduction}\n${table}\n`;
  const changed = !existsSync(file) || text !== readFileSync(file, "utf8");
  writeFileSync(file, text);
  return changed;
}
