import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { Failure } from "./failure";
import type { Egress } from "./network-policy";
import type { Platform } from "./platform";
import { describe, type Problem, problemsOf, type Values } from "./problems";
import { isEcrName, type PinnedImage, type Repository } from "./reference";
import { awsSchema, schema } from "./schema";

/** CPU, memory and ephemeral storage as Kubernetes quantities. */
export type Quantities = Readonly<Record<"cpu" | "memory" | "ephemeral-storage", string>>;

/** Compute resources of a container. */
export interface Resources {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/** How many pods run: `min` where both are equal, otherwise what an autoscaler decides. */
export interface Replicas {
  readonly min: number;
  readonly max: number;
}

/** An image to build. */
export interface BuildSource {
  /** Directory of the Go service. */
  readonly app: string;
  readonly dockerfile: string;
  /** An existing buildx builder; without one, the docker-build provider chooses. */
  readonly builder: string | undefined;
}

/** The image that another stack deploys. */
export interface StackImage {
  readonly stack: string;
}

/** A registry that somebody else looks after. */
export interface ExistingRegistryConfig {
  /** Nothing where another stack's image says it. */
  readonly repository: Repository | undefined;
  /** Nothing for a registry that lets everyone in. */
  readonly credentials: { readonly username: string; readonly password: pulumi.Output<string> } | undefined;
}

/** A repository in the account's registry. */
export interface EcrConfig {
  /** Its name; nothing where an image that is given says it. */
  readonly repository: string | undefined;
  /** It exists already, and stays as it is. */
  readonly adopt: boolean;
  /** Nothing deletes it, not even `pulumi destroy`, until the stack file allows that again. */
  readonly protect: boolean;
  /** It may be deleted with images in it. */
  readonly forceDelete: boolean;
}

/** An EKS cluster that exists. */
export interface EksConfig {
  readonly name: string;
  /** The AWS profile that `aws eks get-token` uses; nothing for the environment's own. */
  readonly profile?: string | undefined;
  /** ARN of the role that it takes on first. */
  readonly role?: string | undefined;
}

/** Where the service runs: a context of the kubeconfig, an EKS cluster, or what a stack exports as `kubeconfig`. */
export type ClusterConfig = { readonly context: string } | { readonly eks: EksConfig } | { readonly stack: string };

/** The GitHub repository that deploys. */
export interface GithubConfig {
  /** `owner/name`. */
  readonly repository: string;
  /** The branch whose jobs may deploy; `main` where there is neither this nor an environment. */
  readonly branch?: string | undefined;
  /** Environments whose jobs may deploy. */
  readonly environments: readonly string[];
  /** The account has GitHub's OIDC provider already. */
  readonly adopt: boolean;
}

/** Where AWS is used, by the provider's own keys. */
export interface AwsConfig {
  readonly region: string;
  /** Numbers of the accounts that may be changed. */
  readonly allowedAccountIds: readonly string[];
}

/** A stack's whole configuration, checked, with its defaults. */
export interface Config {
  /** An image to build, or one to deploy as it is. */
  readonly source: BuildSource | PinnedImage | StackImage;
  readonly platforms: Platform[];
  /** Where the image goes, or already is. */
  readonly registry: ExistingRegistryConfig | { readonly ecr: EcrConfig };
  readonly cluster: ClusterConfig;
  /** The port that the service listens on. */
  readonly port: number;
  readonly healthPath: string;
  /** Environment variables other than `PORT`; a secret where the stack file encrypts any of them. */
  readonly env: pulumi.Output<Record<string, string>>;
  readonly replicas: Replicas;
  /** Seconds without progress after which a rollout has failed. */
  readonly progressDeadline: number;
  readonly resources: Resources;
  /** Networks that the service may open connections to, beside the cluster's DNS. */
  readonly egress: readonly Egress[];
  /** Set where the registry or the cluster is AWS's. */
  readonly aws: AwsConfig | undefined;
  /** What a GitHub repository needs to deploy, if this stack makes it. */
  readonly github: GithubConfig | undefined;
}

/**
 * Reads the configuration of the stack that runs.
 *
 * @throws Failure that lists everything that is wrong, each with its key, its value and what is allowed.
 */
export function readConfig(): Config {
  const project = pulumi.getProject();
  const values = givenValues(project);
  const awsValues = givenValues("aws");
  const encrypted = encryptedKeys();
  const { data, error } = schema.safeParse(values);
  const problems = [
    ...(error ? problemsOf(error, schema) : []),
    ...sourceProblems(values),
    ...agreementProblems(values),
  ];
  const aws = usesAws(values) ? awsSchema.safeParse(awsValues) : undefined;
  const lines = [
    ...problems.map((problem) => describe(problem, project, values, encrypted)),
    ...(aws?.error ? problemsOf(aws.error, awsSchema) : []).map((problem) =>
      describe(problem, "aws", awsValues, encrypted),
    ),
  ];
  const cluster = data && chosenCluster(data.cluster);
  if (lines.length > 0 || data === undefined || cluster === undefined) {
    const list = lines.map((line) => `  ${line}`);
    throw new Failure([`the configuration of stack ${pulumi.getStack()} can't be used:`, ...list].join("\n"));
  }

  const { app, dockerfile = path.join(app, "Dockerfile"), builder, image, imageFrom, registry, env, ...rest } = data;
  const { ecr, url, username, password } = registry ?? {};
  const { PORT: _, ...variables } = env;
  const source = image ?? (imageFrom === undefined ? { app, dockerfile, builder } : { stack: imageFrom });
  return {
    ...rest,
    source,
    registry: ecr
      ? { ecr: { ...ecr, repository: ecr.repository ?? ("app" in source ? project : undefined) } }
      : {
          repository: image?.repository ?? url,
          credentials: username && password ? { username, password: pulumi.secret(password) } : undefined,
        },
    cluster,
    env: encrypted.includes(`${project}:env`) ? pulumi.secret(variables) : pulumi.output(variables),
    aws: aws?.data,
    github: rest.github,
  };
}

/** The one key that is set; the schema refuses any other number of them. */
function chosenCluster({ context, eks, stack }: z.infer<typeof schema>["cluster"]): ClusterConfig | undefined {
  if (context !== undefined) {
    return { context };
  }
  return eks ? { eks } : stack === undefined ? undefined : { stack };
}

/**
 * A namespace's keys. The engine passes every value as a string, lists and objects as JSON. An empty string or object
 * stands for a key of the project that isn't set: the CLI demands a default of every key in Pulumi.yaml that may be left
 * out.
 */
function givenValues(namespace: string): Values {
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(`${namespace}:`));
  return Object.fromEntries(
    own
      .map(([key, text]) => [key.slice(namespace.length + 1), parseJson(text)] as const)
      .filter(([key, value]) => !(key in schema.shape && (value === "" || JSON.stringify(value) === "{}"))),
  );
}

/** Full names of the keys in whose values something is encrypted; the SDK has no public way to ask for them. */
function encryptedKeys(): string[] {
  return z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] || "[]"));
}

function parseJson(text: string): unknown {
  try {
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

/** Whether registry or cluster is AWS's, as far as that can be told from what may be wrong. */
function usesAws(values: Values): boolean {
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
  const image = shape.image.safeParse(values["image"]).data?.repository.host;
  const registry = shape.registry.safeParse(values["registry"]).data;
  const url = registry?.url?.host;
  if (image !== undefined && url !== undefined && image !== url) {
    // The registry's password would be sent to another host.
    problems.push({ path: ["registry", "url"], must: `be in the registry of image, ${image}` });
  }
  return [...problems, ...promotionProblems(values), ...ecrProblems(values)];
}

/** What contradicts an image that isn't built here. */
function promotionProblems(values: Values): Problem[] {
  const problems: Problem[] = [];
  if (values["image"] !== undefined && values["imageFrom"] !== undefined) {
    problems.push({ path: ["imageFrom"], must: "be left out where image is set" });
  }
  if (values["imageFrom"] === pulumi.getStack()) {
    problems.push({ path: ["imageFrom"], must: "name another stack" });
  }
  return problems;
}

/** What contradicts a repository in ECR, or its absence. */
function ecrProblems(values: Values): Problem[] {
  const problems: Problem[] = [];
  const given = ["image", "imageFrom"].find((key) => values[key] !== undefined);
  const ecr = schema.shape.registry.safeParse(values["registry"]).data?.ecr;
  const project = pulumi.getProject();
  if (ecr && given === undefined && ecr.repository === undefined && !isEcrName(project)) {
    const must = `be a name that ECR allows, of lower case letters above all: that of the project, ${project}, isn't one`;
    problems.push({ path: ["registry", "ecr", "repository"], must });
  }
  for (const key of ["adopt", "protect", "forceDelete"] as const) {
    if (given !== undefined && ecr?.[key]) {
      problems.push({
        path: ["registry", "ecr", key],
        must: `be left out where ${given} is set: no repository is made`,
      });
    }
  }
  if (values["github"] !== undefined && !innerKeys(values["registry"]).includes("ecr")) {
    problems.push({ path: ["github"], must: "be left out where registry.ecr isn't set" });
  }
  return problems;
}
