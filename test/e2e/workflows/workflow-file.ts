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

/** A job of a workflow, as far as it is run here. */
export type WorkflowJob = z.infer<typeof job>;

/** The jobs of a workflow by their names. @param file In `.github/workflows`. */
export function workflowJobs(file: string): Readonly<Record<string, WorkflowJob>> {
  const text = readFileSync(join(checkout, ".github/workflows", file), "utf8");
  return z.object({ jobs: z.record(z.string(), job) }).parse(load(text)).jobs;
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
