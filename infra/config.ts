import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { Failure } from "./failure";
import type { Egress } from "./network-policy";
import type { Platform } from "./platform";
import { describe, type Problem, problemsOf, type Values } from "./problems";
import type { PinnedImage, Repository } from "./reference";
import { schema } from "./schema";

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

/** A registry that somebody else looks after. */
export interface ExistingRegistryConfig {
  readonly repository: Repository;
  /** Nothing for a registry that lets everyone in. */
  readonly credentials: { readonly username: string; readonly password: pulumi.Output<string> } | undefined;
}

/** A stack's whole configuration, checked, with its defaults. */
export interface Config {
  /** An image to build, or one to deploy as it is. */
  readonly source: BuildSource | PinnedImage;
  readonly platforms: Platform[];
  /** Where the image goes, or already is. */
  readonly registry: ExistingRegistryConfig;
  /** A context of the kubeconfig. */
  readonly cluster: { readonly context: string };
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
}

/**
 * Reads the configuration of the stack that runs.
 *
 * @throws Failure that lists everything that is wrong, each with its key, its value and what is allowed.
 */
export function readConfig(): Config {
  const project = pulumi.getProject();
  const values = givenValues(project);
  const encrypted = encryptedKeys();
  const { data, error } = schema.safeParse(values);
  const problems = [
    ...(error ? problemsOf(error, schema) : []),
    ...sourceProblems(values),
    ...agreementProblems(values),
  ];
  const repository = data?.image?.repository ?? data?.registry?.url;
  if (problems.length > 0 || data === undefined || repository === undefined) {
    const lines = problems.map((problem) => `  ${describe(problem, project, values, encrypted)}`);
    throw new Failure([`the configuration of stack ${pulumi.getStack()} can't be used:`, ...lines].join("\n"));
  }

  const { app, dockerfile = path.join(app, "Dockerfile"), builder, image, registry, env, ...rest } = data;
  const { username, password } = registry ?? {};
  const { PORT: _, ...variables } = env;
  return {
    ...rest,
    source: image ?? { app, dockerfile, builder },
    registry: {
      repository,
      credentials: username && password ? { username, password: pulumi.secret(password) } : undefined,
    },
    env: encrypted.includes(`${project}:env`) ? pulumi.secret(variables) : pulumi.output(variables),
  };
}

/**
 * The project's own keys. The engine passes every value as a string, lists and objects as JSON. An empty string or
 * object stands for a key that isn't set: the CLI demands a default of every key in Pulumi.yaml that may be left out.
 */
function givenValues(project: string): Values {
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(`${project}:`));
  return Object.fromEntries(
    own
      .map(([key, text]) => [key.slice(project.length + 1), parseJson(text)] as const)
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

/** What `source` needs: a repository, and files to build from where nothing is deployed as it is. */
function sourceProblems(values: Values): Problem[] {
  if (values["image"] !== undefined) {
    return [];
  }
  const problems: Problem[] = [];
  if (values["registry"] === undefined) {
    problems.push({ path: ["registry"], must: "be an object with the key url, where image isn't set" });
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
  const registry = shape.registry.safeParse(values["registry"]).data?.url.host;
  if (image !== undefined && registry !== undefined && image !== registry) {
    // The registry's password would be sent to another host.
    problems.push({ path: ["registry", "url"], must: `be in the registry of image, ${image}` });
  }
  return problems;
}
