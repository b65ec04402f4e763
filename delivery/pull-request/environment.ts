import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { z } from "zod";
import { dnsLabel, Failure, messageOf } from "../../common";

/** The environment of a pull request. Its names are those that infra/index.ts gives. */
export interface Environment {
  readonly stack: string;
  readonly namespace: string;
  readonly service: string;
}

const project = z.object({ name: z.string() });
const template = z.object({ config: z.record(z.string(), z.unknown()) });

/** The stack of a pull request's environment, such as `pr-12`. @throws Failure where the number isn't one. */
export function pullRequestStack(number: string): string {
  if (!/^[1-9]\d{0,17}$/.test(number)) {
    throw new Failure(`${JSON.stringify(number)} isn't a pull request's number`);
  }
  return `pr-${number}`;
}

/**
 * The environment of a pull request. The author of the branch wrote both files.
 *
 * @param projectFile Text of `Pulumi.yaml`.
 * @param stackFile Text of the file that the environment's stack is configured with, such as `Pulumi.pr.yaml`.
 * @throws Failure where the number isn't a pull request's, or where a file isn't what Pulumi reads.
 */
export function environmentOf(number: string, projectFile: string, stackFile: string): Environment {
  const stack = pullRequestStack(number);
  const projectName = read("the project file", projectFile, project).name;
  const given = read("the environment's stack file", stackFile, template).config[`${projectName}:name`];
  const name = typeof given === "string" ? given : projectName;
  return { stack, namespace: dnsLabel(`${name}-${stack}`), service: dnsLabel(name) };
}

/** The environment of a pull request, by the files of the checkout. */
export function readEnvironment(number: string, template: string): Environment {
  const text = (path: string) => readFileSync(path, "utf8");
  return environmentOf(number, text("Pulumi.yaml"), text(template));
}

function read<T>(what: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(load(text));
  } catch (error) {
    throw new Failure(`${what} can't be read: ${messageOf(error)}`);
  }
}
