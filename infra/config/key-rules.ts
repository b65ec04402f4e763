import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import type { Problem, Values } from "./problems";
import { isEcrName } from "../base";
import { schema } from "./schema";

/** What keys, each fine by itself, say against each other, or against the files of the project. */
export function keyRules(values: Values): Problem[] {
  return [...sourceProblems(values), ...agreementProblems(values)];
}

/** Whether registry or cluster is AWS's, as far as that can be told from what may be wrong. */
export function usesAws(values: Values): boolean {
  return innerKeys(values["registry"]).includes("ecr") || innerKeys(values["cluster"]).includes("eks");
}

function innerKeys(value: unknown): string[] {
  return Object.keys(z.looseObject({}).safeParse(value).data ?? {});
}

/** What `source` needs: a repository, and files to build from where nothing is deployed as it is. */
function sourceProblems(values: Values): Problem[] {
  if (values["image"] !== undefined || values["imageFrom"] !== undefined) {
    return [];
  }
  const problems: Problem[] = [];
  if (values["registry"] === undefined) {
    const must = "be an object with the key ecr or url, where neither image nor imageFrom is set";
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

function isKind(file: string, kind: "isDirectory" | "isFile"): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.[kind]() ?? false;
}

/** Keys that contradict each other. */
function agreementProblems(values: Values): Problem[] {
  const { shape } = schema;
  const problems: Problem[] = [];
  const port = shape.port.safeParse(values["port"]).data;
  const PORT = shape.env.safeParse(values["env"]).data?.["PORT"];
  if (port !== undefined && PORT !== undefined && PORT !== String(port)) {
    problems.push({ path: ["env", "PORT"], must: `be left out: the program sets it to port, ${String(port)}` });
  }
  return [...problems, ...promotionProblems(values), ...ecrProblems(values)];
}

/** What contradicts an image that isn't built here. */
function promotionProblems(values: Values): Problem[] {
  return values["imageFrom"] === pulumi.getStack() ? [{ path: ["imageFrom"], must: "name another stack" }] : [];
}

/** What contradicts a repository in ECR, or its absence. */
function ecrProblems(values: Values): Problem[] {
  const problems: Problem[] = [];
  const promoted = values["imageFrom"] !== undefined;
  const ecr = schema.shape.registry.safeParse(values["registry"]).data?.ecr;
  const project = pulumi.getProject();
  if (ecr && !promoted && ecr.repository === undefined && !isEcrName(project)) {
    const must = `be a name that ECR allows, of lower case letters above all: that of the project, ${project}, isn't one`;
    problems.push({ path: ["registry", "ecr", "repository"], must });
  }
  for (const key of ["adopt", "protect", "forceDelete"] as const) {
    if (promoted && ecr?.[key]) {
      const must = "be left out where imageFrom is set: the other stack's repository is used";
      problems.push({ path: ["registry", "ecr", key], must });
    }
  }
  if (values["github"] !== undefined && !innerKeys(values["registry"]).includes("ecr")) {
    problems.push({ path: ["github"], must: "be left out where registry.ecr isn't set" });
  }
  return problems;
}
