import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { isEcrName, longestLabel } from "../../common";
import { defaultHealthPath, isHostIn } from "./keys";
import type { Problem } from "./problems";
import { schema } from "./schema";
import { withStack } from "./stack-placeholder";
import type { Values } from "./unread-values";

/**
 * Problems between keys, such as `PORT` in `env` against `port`, and between keys and the project's files.
 *
 * @param encrypted Full names of the top-level keys of which the stack file encrypts a part.
 */
export function keyRules(values: Values, encrypted: readonly string[]): Problem[] {
  return [...sourceProblems(values), ...plainSecretProblems(values, encrypted), ...agreementProblems(values)];
}

/** Whether the registry or the cluster is in AWS. Works for values that have problems too. */
export function usesAws(values: Values): boolean {
  return innerKeys(values["registry"]).includes("ecr") || innerKeys(values["cluster"]).includes("eks");
}

function innerKeys(value: unknown): string[] {
  return Object.keys(z.looseObject({}).safeParse(value).data ?? {});
}

/** Problems of a build: it needs a registry, a directory and a Dockerfile. */
function sourceProblems(values: Values): Problem[] {
  if (values["image"] !== undefined || values["imageFrom"] !== undefined) {
    return [];
  }
  const problems: Problem[] = [];
  if (values["registry"] === undefined) {
    const must = "be host[:port]/path, or an object with the key ecr or url, unless image or imageFrom is set";
    problems.push({ path: ["registry"], must });
  }
  const app = schema.shape.app.safeParse(values["app"]).data;
  const dockerfile = schema.shape.dockerfile.safeParse(values["dockerfile"]).data;
  if (app !== undefined && !isKind(app, "isDirectory")) {
    problems.push({ path: ["app"], must: `be a directory (looked at ${path.resolve(app)})` });
  } else if (dockerfile !== undefined && !isKind(dockerfile, "isFile")) {
    problems.push({ path: ["dockerfile"], must: `be a file (looked at ${path.resolve(dockerfile)})` });
  } else if (app !== undefined && dockerfile === undefined && !isKind(path.join(app, "Dockerfile"), "isFile")) {
    problems.push({ path: ["app"], must: `have a Dockerfile (looked at ${path.resolve(app, "Dockerfile")})` });
  }
  return problems;
}

/** A build's secrets in plain text. One beside an encrypted one can't be told from it. */
function plainSecretProblems(values: Values, encrypted: readonly string[]): Problem[] {
  const secrets = schema.shape.build.safeParse(values["build"]).data?.secrets ?? {};
  return encrypted.includes(`${pulumi.getProject()}:build`)
    ? []
    : Object.keys(secrets).map((id) => ({
        path: ["build", "secrets", id],
        must: `be encrypted: pulumi config set --secret --path build.secrets.${id}`,
      }));
}

function isKind(file: string, kind: "isDirectory" | "isFile"): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.[kind]() ?? false;
}

/** Problems of the other keys with each other. */
function agreementProblems(values: Values): Problem[] {
  const { shape } = schema;
  const problems: Problem[] = [];
  const port = shape.port.safeParse(values["port"]).data;
  const PORT = shape.env.safeParse(values["env"]).data?.["PORT"];
  if (port !== undefined && PORT !== undefined && PORT !== String(port)) {
    problems.push({ path: ["env", "PORT"], must: `be left out: the program sets it to port, ${String(port)}` });
  }
  const progress = shape.progressDeadline.safeParse(values["progressDeadline"]).data;
  const start = shape.startDeadline.safeParse(values["startDeadline"]).data;
  if (progress !== undefined && start !== undefined && start >= progress) {
    problems.push({ path: ["startDeadline"], must: `be below progressDeadline, ${progress}` });
  }
  return [
    ...problems,
    ...healthProblems(values),
    ...nameProblems(values),
    ...hostProblems(values),
    ...promotionProblems(values),
    ...awsProblems(values),
  ];
}

/** Problems of paths that no probe would ask. The CLI hands over the default of `healthPath` as if it were set. */
function healthProblems(values: Values): Problem[] {
  return values["grpcHealth"] === undefined
    ? []
    : (["healthPath", "livenessPath"] as const)
        .filter((key) => values[key] !== undefined && values[key] !== defaultHealthPath)
        .map((key) => ({ path: [key], must: "be left out if grpcHealth is set" }));
}

/** Problems of a name that, with the stack's, gives no name for a namespace. */
function nameProblems(values: Values): Problem[] {
  const name = schema.shape.name.safeParse(values["name"]).data;
  const room = longestLabel - `-${pulumi.getStack()}`.length;
  if (name === undefined || name.length <= room) {
    return [];
  }
  const namespace = "so that <name>-<stack> can be a namespace's name";
  const must =
    room > 0
      ? `have at most ${room} characters, ${namespace}`
      : `be left out, or the stack's name shortened from ${pulumi.getStack().length} to at most ${longestLabel - 1 - name.length} characters, ${namespace}`;
  return [{ path: ["name"], must }];
}

/** Problems of a host that is none with the name of this stack. */
function hostProblems(values: Values): Problem[] {
  const host = schema.shape.expose.safeParse(values["expose"]).data?.host;
  const stack = pulumi.getStack();
  if (host === undefined || isHostIn(host, stack)) {
    return [];
  }
  const must =
    `be written without {stack}, or the stack renamed: ${withStack(host, stack)} isn't the name of a host with the stack's ` +
    "name in one label, which has up to 63 letters a-z, digits and -";
  return [{ path: ["expose", "host"], must }];
}

/** Problems of an image that another stack deploys. */
function promotionProblems(values: Values): Problem[] {
  return values["imageFrom"] === pulumi.getStack() ? [{ path: ["imageFrom"], must: "name another stack" }] : [];
}

/** Problems of a repository in ECR, and of keys that need AWS. */
function awsProblems(values: Values): Problem[] {
  const problems: Problem[] = [];
  const promoted = values["imageFrom"] !== undefined;
  const ecr = schema.shape.registry.safeParse(values["registry"]).data?.ecr;
  const name = schema.shape.name.safeParse(values["name"]).data ?? pulumi.getProject();
  if (ecr && !promoted && ecr.repository === undefined && !isEcrName(name)) {
    const must = `be a name that ECR allows, because the service's name, ${name}, isn't allowed`;
    problems.push({ path: ["registry", "ecr", "repository"], must });
  }
  for (const key of ["adopt", "protect", "forceDelete", "expireAfter", "pullAccounts"] as const) {
    if (promoted && ecr?.[key]) {
      const must = "be left out if imageFrom is set: the other stack decides about its repository";
      problems.push({ path: ["registry", "ecr", key], must });
    }
  }
  if (values["github"] !== undefined && !innerKeys(values["registry"]).includes("ecr")) {
    problems.push({ path: ["github"], must: "be left out unless registry.ecr is set" });
  }
  const github = schema.shape.github.safeParse(values["github"]).data;
  if (github?.clean !== undefined && (promoted || ecr?.adopt === true)) {
    const must = "be left out unless the stack makes the repository: it excludes imageFrom and registry.ecr.adopt";
    problems.push({ path: ["github", "clean"], must });
  }
  if (values["podRole"] !== undefined && !innerKeys(values["cluster"]).includes("eks")) {
    problems.push({ path: ["podRole"], must: "be left out unless cluster.eks is set" });
  }
  return problems;
}
