import * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { z } from "zod";
import { Failure } from "../../common";
import type { BuildSettings, ClusterConfig, Config, EcrConfig } from "./config";
import { keyRules, usesAws } from "./key-rules";
import { withoutIds } from "./keys";
import { markMisread } from "./misread";
import { describe, problemsOf } from "./problems";
import { awsSchema, type Keys, schema } from "./schema";
import { inFull } from "./short-forms";
import { splitEnv } from "./split-env";
import { stackFileTexts } from "./stack-file";
import { withStack } from "./stack-placeholder";
import type { Values } from "./unread-values";

type Registry = NonNullable<Keys["registry"]>;
type Ecr = NonNullable<Registry["ecr"]>;

/**
 * Reads the configuration of the current stack.
 *
 * @throws Failure that lists every problem with its key, its value and what is allowed.
 */
export function readConfig(): Config {
  const project = pulumi.getProject();
  const texts = stackFileTexts();
  const given = givenValues(project, texts);
  const values = inFull(given);
  const awsValues = givenValues("aws", texts);
  const encrypted = encryptedKeys();
  const { data, error } = schema.safeParse(values);
  const problems = [...(error ? problemsOf(error, schema) : []), ...keyRules(values, encrypted)];
  const aws = usesAws(values) ? awsSchema.safeParse(awsValues) : undefined;
  const lines = [
    ...problems.map((problem) => describe(problem, project, given, encrypted)),
    ...(aws?.error ? problemsOf(aws.error, awsSchema) : []).map((problem) =>
      describe(problem, "aws", awsValues, encrypted),
    ),
  ];
  const cluster = data && chosenCluster(data.cluster);
  if (lines.length > 0 || data === undefined || cluster === undefined) {
    const list = lines.map((line) => `  ${line}`);
    throw new Failure([`the configuration of stack ${pulumi.getStack()} can't be used:`, ...list].join("\n"));
  }

  const { app, dockerfile = path.join(app, "Dockerfile"), builder, bases, build, rebuild, ...others } = data;
  const { name = project, image, imageFrom, registry, cluster: _cluster, expose, podRole, github, ...pods } = others;
  const { platforms, healthPath, livenessPath = healthPath, grpcHealth, env, metrics, ...service } = pods;
  const origin = github && `https://github.com/${withoutIds(github.repository)}`;
  const { PORT: _, ...variables } = env;
  const envKey = `${project}:env`;
  // The stack's file tells which variables are plain.
  const { env: plain, encryptedEnv } = encrypted.includes(envKey)
    ? splitEnv(variables, texts[envKey])
    : { env: variables, encryptedEnv: {} };
  return {
    name,
    source:
      imageFrom !== undefined
        ? { kind: "stack", stack: imageFrom, image }
        : image
          ? { kind: "pinned", ...image }
          : { kind: "build", app, dockerfile, builder, bases, build: buildSettings(build), rebuild, origin },
    platforms,
    registry: registryConfig(registry, imageFrom === undefined ? name : undefined),
    cluster,
    service: {
      ...service,
      health: grpcHealth
        ? { protocol: "grpc", service: grpcHealth.service }
        : { protocol: "http", path: healthPath, livenessPath },
      env: named(plain),
    },
    encryptedEnv: named(encryptedEnv),
    metrics: metrics && { path: metrics.path, port: metrics.port === service.port ? undefined : metrics.port },
    ...(expose && { expose: { ...expose, host: withStack(expose.host, pulumi.getStack()) } }),
    podRole,
    github,
    aws: aws?.data,
  };
}

/** Variables with the stack's name in place of `{stack}`. */
function named(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(variables);
  return Object.fromEntries(entries.map(([name, text]) => [name, withStack(text, pulumi.getStack())]));
}

function buildSettings({ args = {}, secrets = {}, ssh = [], contexts = {}, target }: Keys["build"]): BuildSettings {
  const hidden = Object.entries(secrets).map(([id, secret]) => [id, pulumi.secret(secret)] as const);
  return { args, secrets: Object.fromEntries(hidden), ssh, contexts, target };
}

/** @param name The service's name; undefined if the stack deploys another stack's image. */
function registryConfig({ ecr, url, username, password }: Registry = {}, name: string | undefined): Config["registry"] {
  return ecr
    ? { ecr: ecrConfig(ecr, name) }
    : {
        repository: url,
        credentials: username && password ? { username, password: pulumi.secret(password) } : undefined,
      };
}

function ecrConfig({ adopt, repository: given, pullAccounts = [], ...make }: Ecr, name: string | undefined): EcrConfig {
  if (name === undefined) {
    return { use: "pull", repository: given };
  }
  const repository = given ?? name;
  return adopt
    ? { use: "adopt", repository }
    : { use: "make", repository, expireAfter: undefined, ...make, pullAccounts };
}

/** The one key that is set. The schema refuses none and several. */
function chosenCluster({ context, eks, stack }: Keys["cluster"]): ClusterConfig | undefined {
  if (context !== undefined) {
    return { context };
  }
  return eks ? { eks } : stack === undefined ? undefined : { stack };
}

/**
 * The values of a namespace's keys. The engine passes every value as a string, lists and objects as JSON. The CLI wants
 * a default of every key in Pulumi.yaml, so an empty string stands for a key that isn't set, and an empty object for one that
 * can't be empty.
 */
function givenValues(namespace: string, texts: Values): Values {
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(`${namespace}:`));
  return Object.fromEntries(
    own
      .map(([key, text]) => [key.slice(namespace.length + 1), parseJson(text)] as const)
      .filter(([key, value]) => !isUnset(key, value))
      .map(([key, value]) => [key, markMisread(value, texts[`${namespace}:${key}`])]),
  );
}

function isUnset(key: string, value: unknown): boolean {
  const known = Object.entries(schema.shape).find(([name]) => name === key)?.[1];
  return known !== undefined && (value === "" || (JSON.stringify(value) === "{}" && !known.safeParse(value).success));
}

/** Full names of the keys of which the stack file encrypts a part. The SDK has no public way to ask for them. */
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
