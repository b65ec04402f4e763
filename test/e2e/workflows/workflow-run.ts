import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ecrRegistry, region } from "../../sandbox/aws/addresses";
import type { Call } from "../../sandbox/aws/authorization";
import { jobToken } from "../../sandbox/aws/web-identity";
import { type Aws, withRegistryName } from "../../sandbox/start-aws";
import { execute } from "../../support/execute";
import {
  bringsTools,
  compositeAction,
  type Contexts,
  evaluate,
  interpolate,
  type Step,
  workflowJobs,
} from "./workflow-file";

/** What a run of a workflow needs of the place where it runs. */
interface RunnerArgs {
  readonly aws: Aws;
  /** The clone that `actions/checkout` would make. */
  readonly cwd: string;
  /** Where each job finds a directory of its own. */
  readonly directory: string;
  /** What each step sees beside the variables that the workflow gives it. */
  readonly env: NodeJS.ProcessEnv;
  /** The variables of each GitHub environment. */
  readonly vars: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** `owner/name`. */
  readonly repository: string;
  /** Gives the permissions of a job to its token. */
  readonly permit: (permissions: Readonly<Record<string, string>>) => void;
  /** Changes what can't be run here, of the text of a step. */
  readonly adapt: (run: string) => string;
}

/** What starts a job: the event, and what earlier jobs of the run give to this one. */
interface Trigger {
  readonly event?: object;
  readonly matrix?: Readonly<Record<string, string>>;
  readonly needs?: Readonly<Record<string, { readonly outputs: Readonly<Record<string, string>> }>>;
}

/** How a job or one of its steps ended. */
export interface Result {
  readonly outputs: Readonly<Record<string, string>>;
  /** What each command that failed wrote. */
  readonly failures: readonly string[];
}

/** What a step called in AWS. */
export interface StepCalls {
  readonly workflow: string;
  readonly job: string;
  /** The step's own text. */
  readonly run: string;
  readonly calls: readonly Call[];
}

/** A job that runs. */
interface Running {
  readonly workflow: string;
  readonly name: string;
  /** Its GitHub environment. */
  readonly environment: string;
  /** A directory of its own. */
  readonly directory: string;
  /** What each step sees. A step that takes on a role changes it for later ones. */
  env: NodeJS.ProcessEnv;
}

/**
 * Runs jobs of the workflows as GitHub does: step by step, with the credentials that a step takes on by the job's own token,
 * and no others. It remembers what each step called in AWS.
 */
export class Runner {
  /** Every step that ran, in turn. */
  readonly steps: StepCalls[] = [];

  constructor(private readonly args: RunnerArgs) {}

  /** Runs a job of a workflow's file. @throws Error if its condition doesn't let it run. */
  async run(workflow: string, name: string, { event = {}, matrix = {}, needs = {} }: Trigger = {}): Promise<Result> {
    const { repository, secrets, vars, permit } = this.args;
    const job = workflowJobs(workflow)[name];
    if (job === undefined) {
      throw new Error(`${workflow} has no job ${name}`);
    }
    permit(job.permissions);
    const github = { event, repository, token: "token", server_url: "https://github.com", run_id: "1" };
    const ofRepository = { AWS_REGION: region, IMAGE_REPOSITORY: `${ecrRegistry.host}/ping` };
    const environment = interpolate(job.environment ?? "", { github, matrix, needs, vars: ofRepository });
    const contexts: Contexts = { github, matrix, needs, secrets, vars: { ...ofRepository, ...vars[environment] } };
    if (evaluate(job.if ?? "true", contexts) !== true) {
      throw new Error(`${workflow}: the job ${name} wouldn't run: ${job.if ?? ""}`);
    }
    const directory = mkdtempSync(join(this.args.directory, `${name}-`));
    const env = { ...this.jobEnvironment(workflow, directory), ...values(job.env, contexts) };
    const { steps, failures } = await this.runSteps(job.steps, contexts, {
      workflow,
      name,
      environment,
      directory,
      env,
    });
    return { outputs: values(job.outputs, { ...contexts, steps }), failures };
  }

  /** Runs the steps of a job or of a composite action. @returns The context `steps`, and what failed. */
  private async runSteps(steps: readonly Step[], given: Contexts, job: Running) {
    const ended: Record<string, { outputs: Result["outputs"]; outcome: string }> = {};
    for (const { id } of steps) {
      if (id !== undefined) {
        ended[id] = { outputs: {}, outcome: "skipped" };
      }
    }
    const failures: string[] = [];
    const contexts: Contexts = {
      ...given,
      steps: ended,
      success: () => failures.length === 0,
      cancelled: () => false,
      always: () => true,
    };
    for (const step of steps) {
      const condition = /\b(success|cancelled|always)\(/.test(step.if ?? "")
        ? step.if
        : `success() && (${strip(step.if)})`;
      if (evaluate(condition ?? "", contexts) !== true) {
        continue;
      }
      const result = await this.runStep(step, contexts, job);
      if (step.id !== undefined) {
        ended[step.id] = { outputs: result.outputs, outcome: result.failures.length === 0 ? "success" : "failure" };
      }
      if (!step["continue-on-error"]) {
        failures.push(...result.failures);
      }
    }
    return { steps: ended, failures };
  }

  private async runStep(step: Step, contexts: Contexts, job: Running): Promise<Result> {
    if (bringsTools(step)) {
      return { outputs: {}, failures: [] };
    }
    if (step.run !== undefined) {
      return this.runCommand(step.run, step.shell, { ...job.env, ...values(step.env, contexts) }, job);
    }
    const given = values(step.with, contexts);
    const composite = compositeAction(step);
    if (composite !== undefined) {
      // As on GitHub, an action can't name vars, secrets and needs.
      const { github, matrix } = contexts;
      const inputs = { ...composite.defaults, ...given };
      const { failures } = await this.runSteps(composite.steps, { github, matrix, inputs }, job);
      return { outputs: {}, failures };
    }
    if (step.uses?.startsWith("aws-actions/configure-aws-credentials@")) {
      const { "role-to-assume": role = "", "aws-region": region = "", audience = "" } = given;
      const { repository, env } = this.args;
      const { workflow, environment } = job;
      const credentials = await assumeRole({ role, region, audience, repository, workflow, environment }, env);
      job.env = { ...job.env, ...credentials.env };
      return { outputs: {}, failures: credentials.error === undefined ? [] : [credentials.error] };
    }
    throw new Error(`${job.workflow}: nobody knows how to run ${step.uses ?? "a step"} here`);
  }

  /** The environment of a job's steps, with directories of its own, as a new machine has them. */
  private jobEnvironment(workflow: string, directory: string): NodeJS.ProcessEnv {
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...env } = this.args.env;
    const { repository } = this.args;
    const bin = join(directory, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "docker"), dockerLogin, { mode: 0o755 });
    return {
      ...env,
      PATH: [bin, env["PATH"]].join(":"),
      DOCKER_CONFIG: join(directory, "docker"),
      KUBECONFIG: join(directory, "kubeconfig"),
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: repository,
      GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/${workflow}@refs/heads/main`,
      GITHUB_RUN_ID: "1",
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_STEP_SUMMARY: join(directory, "summary"),
    };
  }

  private async runCommand(
    run: string,
    shell: Step["shell"],
    env: NodeJS.ProcessEnv,
    { workflow, name, directory }: Running,
  ): Promise<Result> {
    const { aws, cwd, adapt } = this.args;
    const before = aws.calls().length;
    const GITHUB_OUTPUT = join(directory, "output");
    writeFileSync(GITHUB_OUTPUT, "");
    const options = shell === undefined ? ["-e"] : ["-e", "-o", "pipefail"];
    const command = withRegistryName(["bash", ...options, "-c", adapt(run)]);
    const { status, stdout, stderr } = await execute(command, { cwd, env: { ...env, GITHUB_OUTPUT } });
    this.steps.push({ workflow, job: name, run, calls: aws.calls().slice(before) });
    const lines = readFileSync(GITHUB_OUTPUT, "utf8").split("\n").filter(Boolean);
    const outputs = Object.fromEntries(lines.map((line) => [line.replace(/=.*/, ""), line.replace(/^[^=]*=/, "")]));
    return { outputs, failures: status === 0 ? [] : [`$ ${run}\n${stdout}${stderr}`] };
  }
}

/** A job, and the role that it takes on. */
interface RoleArgs {
  /** ARN. */
  readonly role: string;
  readonly region: string;
  /** Whom the job's token is for. */
  readonly audience: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly workflow: string;
  readonly environment: string;
}

/** What `configure-aws-credentials` does: it takes on a role by the job's token. */
export async function assumeRole(
  { role, region, audience, repository, workflow, environment }: RoleArgs,
  env: NodeJS.ProcessEnv,
): Promise<{ env: NodeJS.ProcessEnv; error?: string }> {
  const token = jobToken({
    iss: "https://token.actions.githubusercontent.com",
    aud: audience,
    sub: `repo:${repository}:environment:${environment}`,
    environment,
    repository,
    ref: "refs/heads/main",
    job_workflow_ref: `${repository}/.github/workflows/${workflow}@refs/heads/main`,
  });
  const session = ["--role-arn", role, "--role-session-name", "GitHubActions", "--web-identity-token", token];
  const { status, stdout, stderr } = await execute(
    ["aws", "sts", "assume-role-with-web-identity", ...session, "--region", region, "--output", "json"],
    { env },
  );
  if (status !== 0) {
    return { env: {}, error: stderr };
  }
  const { Credentials: given } = JSON.parse(stdout) as {
    Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
  };
  return {
    env: {
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: given.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: given.SecretAccessKey,
      AWS_SESSION_TOKEN: given.SessionToken,
    },
  };
}

/** `docker login` without Docker: the same file, with the same login. */
const dockerLogin = `#!/bin/sh
test "$1" = login && shift && exec crane auth login "$@"
`;

const strip = (expression = "true") => expression.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1");

function values(texts: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, interpolate(text, contexts)]));
}
