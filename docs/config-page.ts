import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { dump, load } from "js-yaml";
import { z } from "zod";
import { Failure } from "../common";
import { readConfig } from "../infra/config";

const values = z.record(z.string(), z.unknown());

const examples = z.record(
  z.string(),
  z.strictObject({
    /** Of a key that isn't in the program's schema. */
    description: z.string().optional(),
    unset: z.string().optional(),
    more: z.string().optional(),
    example: z.string(),
    others: z.array(z.string()).default([]),
    wrong: z.array(values).min(1),
  }),
);

/** A config without problems. */
const smallest = {
  "aws:region": "eu-central-1",
  "aws:allowedAccountIds": ["111122223333"],
  "ping:registry": { url: "registry.example.com/team/ping" },
  "ping:cluster": { context: "my-context" },
};
/** A stack without a file of its own. */
const stackName = "my-stack";

const intro = `# Configuration

\`npm run generate\` writes this page from \`infra/config/schema.ts\` and \`docs/config-examples.yaml\`. \`npm test\` fails if it is
stale.

A key stands below \`config\` in the stack's file, \`Pulumi.<stack>.yaml\`, after the project's name. \`pulumi config set\` writes it
there, for a part of a key with \`--path\`:

\`\`\`sh
pulumi config set port 9090
pulumi config set --path replicas.min 3
\`\`\`

The program checks all keys before it builds or changes anything, and tells all problems at once. The errors below are its own.
[operations.md](operations.md#values) says which values need quotes, and [Secrets](operations.md#secrets) how to encrypt one.
`;

/** docs/configuration.md: a section for each key. Changes Pulumi's mocks and config. */
export async function configPage(keys: readonly Key[]): Promise<string> {
  const found = examples.parse(load(readFileSync("docs/config-examples.yaml", "utf8")));
  await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "ping", stackName);
  const known = keys.map(({ name }) => name);
  const others = Object.keys(found).filter((name) => !known.includes(name));
  const sections = [...known, ...others].map((name) => {
    const { description = "", unset = "", more, example, others: further, wrong } = entry(found, name);
    const key = keys.find((each) => each.name === name) ?? { description, default: undefined, unset };
    const taken = [example, ...further];
    const refused = taken.map((yaml) => problems(values.parse(load(yaml)))).find((lines) => lines.length > 0);
    if (refused) {
      throw new Error(`docs/config-examples.yaml: the program refuses an example of ${name}: ${refused.join(" ")}`);
    }
    return [
      `## \`${name}\``,
      sentence(key.description),
      ...(more === undefined ? [] : [more]),
      byDefault(key),
      ...taken.map((yaml) => `\`\`\`yaml\n${yaml}\`\`\``),
      `Errors:\n\n\`\`\`text\n${wrong.flatMap((given) => errors(name, given)).join("\n")}\n\`\`\``,
    ].join("\n\n");
  });
  const contents = [...known, ...others].map((name) => `[\`${name}\`](#${anchor(name)})`).join(", ");
  return `${intro}\nThe keys: ${contents}.\n\n${sections.join("\n\n")}\n`;
}

function entry(found: z.infer<typeof examples>, name: string) {
  const example = found[name];
  if (example === undefined) {
    throw new Error(`docs/config-examples.yaml has no example of ${name}.`);
  }
  return example;
}

/** GitHub's anchor of a heading. */
const anchor = (heading: string) => heading.toLowerCase().replaceAll(/[^\w -]/g, "");

function byDefault({ default: value, unset }: Pick<Key, "default" | "unset">): string {
  if (value === undefined) {
    return unset.startsWith("required") ? sentence(unset) : `Default: ${unset}.`;
  }
  return `Default: \`${dump(value, { flowLevel: 0, lineWidth: -1 }).trim()}\`.`;
}

function sentence(description: string): string {
  const linked = description.replaceAll(/docs\/([\w-]+\.md)([#\w-]*)/g, "[$1]($1$2)");
  return `${linked.charAt(0).toUpperCase()}${linked.slice(1)}.`;
}

function errors(name: string, given: Readonly<Record<string, unknown>>): string[] {
  const lines = problems(given);
  if (lines.length === 0) {
    throw new Error(`docs/config-examples.yaml: the program takes a wrong ${name}: ${JSON.stringify(given)}`);
  }
  return lines;
}

/** What the program says of a config, each problem in a line. */
function problems(given: Readonly<Record<string, unknown>>): string[] {
  const config = Object.entries<unknown>({ ...smallest, ...given }).filter(([, value]) => value !== null);
  pulumi.runtime.setAllConfig(Object.fromEntries(config.map(([key, value]) => [key, asEngine(value)])));
  try {
    readConfig();
    return [];
  } catch (error) {
    if (error instanceof Failure) {
      const [, ...lines] = error.message.replaceAll(process.cwd(), "/home/me/ping").split("\n");
      return lines.map((line) => line.trim());
    }
    throw error;
  }
}

/** The engine hands over each value as a text, lists and objects as JSON. */
function asEngine(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What the files say of a key. */
export interface Key {
  readonly name: string;
  readonly description: string;
  /** Undefined for a key without a default. */
  readonly default: unknown;
  /** What a key without a default is by default. */
  readonly unset: string;
  /** What the CLI, which wants a default of each key, takes for a key that isn't set. */
  readonly empty: "" | Record<string, never>;
}
