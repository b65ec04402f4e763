import * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { z } from "zod";
import { contradictions, usesAws } from "./key-rules";
import { type AwsConfig, Failure, type PinnedImage, type Platform, type Repository } from "../base";
import { describe, problemsOf, type Values } from "./problems";
import { awsSchema, type ecr, type Egress, schema } from "./schema";

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
  /** Its name; nothing where another stack's image says it. */
  readonly repository?: string | undefined;
  /**
   * The stack makes it; it exists already and stays as it is; or the stack deploys what another one pushes to it.
   *
   * An image that is deployed as it is makes no difference: a stack that is rolled back would delete its repository.
   */
  readonly use: "make" | "adopt" | "pull";
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
  const problems = [...(error ? problemsOf(error, schema) : []), ...contradictions(values)];
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
      ? { ecr: ecrConfig(ecr, imageFrom === undefined ? project : undefined) }
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

function ecrConfig({ adopt, ...rest }: z.infer<typeof ecr>, project: string | undefined): EcrConfig {
  const use = project === undefined ? "pull" : adopt ? "adopt" : "make";
  return { ...rest, repository: rest.repository ?? project, use };
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
