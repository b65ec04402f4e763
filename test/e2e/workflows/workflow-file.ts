import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { load } from "js-yaml";
import { z } from "zod";
import { checkout } from "../../sandbox/ground/paths";

const texts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({});

const step = z.object({
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.literal("bash").optional(),
  with: texts,
  env: texts,
  "continue-on-error": z.boolean().default(false),
});

const job = z.object({
  if: z.string().optional(),
  uses: z.string().optional(),
  environment: z.string().optional(),
  permissions: texts,
  outputs: texts,
  env: texts,
  steps: z.array(step).default([]),
});

const action = z.object({
  inputs: z.record(z.string(), z.object({ default: z.string().default("") })).default({}),
  runs: z.object({ using: z.literal("composite"), steps: z.array(step) }),
});

/** A step of a job or of a composite action, as far as it is run here. */
export type Step = z.infer<typeof step>;

/** A job of a workflow, as far as it is run here. */
type WorkflowJob = z.infer<typeof job>;

/** The jobs of a workflow by their names. @param file In `.github/workflows`. */
export function workflowJobs(file: string): Readonly<Record<string, WorkflowJob>> {
  const text = readFileSync(join(checkout, ".github/workflows", file), "utf8");
  return z.object({ jobs: z.record(z.string(), job) }).parse(load(text)).jobs;
}

/** A composite action of this repository: its steps, and its inputs' defaults. */
interface CompositeAction {
  readonly steps: readonly Step[];
  readonly defaults: Readonly<Record<string, string>>;
}

/** The composite action that a step uses; undefined if it uses none of this repository's. */
export function compositeAction({ uses = "" }: Step): CompositeAction | undefined {
  if (!uses.startsWith("./")) {
    return undefined;
  }
  const { inputs, runs } = action.parse(load(readFileSync(join(checkout, uses, "action.yml"), "utf8")));
  const defaults = Object.entries(inputs).map(([name, input]) => [name, input.default] as const);
  return { steps: runs.steps, defaults: Object.fromEntries(defaults) };
}

/** Whether a step brings tools and files, which are there already. */
export function bringsTools({ uses = "" }: Step): boolean {
  return /^(actions\/|\.\/\.github\/actions\/setup$|sigstore\/cosign-installer@)/.test(uses);
}

/** What expressions can name: `vars`, `secrets`, `steps` and the like, and functions such as `fromJSON`. */
export type Contexts = Readonly<Record<string, unknown>>;

const functions = {
  fromJSON: (json: string): unknown => JSON.parse(json),
  startsWith: (text: string, beginning: string) => text.toLowerCase().startsWith(beginning.toLowerCase()),
};

/**
 * The value of an expression of GitHub Actions. Those that the workflows use mean the same in JavaScript.
 * @throws Error for one that names something else than the contexts have.
 */
export function evaluate(expression: string, contexts: Contexts): unknown {
  const text = expression.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1");
  return runInNewContext(text, { ...functions, ...contexts });
}

/** A text with the values of its expressions. What isn't there is an empty text. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{.*?\}\}/gs, (expression) => {
    const value = evaluate(expression, contexts);
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  });
}
