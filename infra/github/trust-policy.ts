import { awsDomain } from "../../common";
import { type CleanConfig, type GithubConfig, withoutIds } from "../config";

/** The issuer that signs the tokens of GitHub's jobs. */
export const issuer = "token.actions.githubusercontent.com";

/** Which jobs may assume a role. */
export interface Trust {
  /** Subjects of their tokens. */
  readonly subjects: readonly string[];
  /** The workflow's file at its branch that a job must stand in (the claim `job_workflow_ref`). Undefined for any. */
  readonly workflow: string | undefined;
}

/**
 * Jobs that deploy. A job in an environment has the environment in its subject instead of its branch
 * (github/docs#28292), so that the subject alone lets any branch's workflow in which the environment lets in. The
 * workflow's file at its branch is a second lock.
 */
export function deployTrust(github: GithubConfig): Trust {
  const { branch, environments, workflow } = github;
  const branches = branch ?? (environments.length === 0 ? "main" : undefined);
  return {
    subjects: subjects(github, [
      ...(branches === undefined ? [] : [`ref:refs/heads/${branches}`]),
      ...inEnvironments(environments),
    ]),
    workflow: workflowRef(github, workflow),
  };
}

/** The claim `job_workflow_ref` of a workflow's jobs. It has no ids, also where the subject has them. */
function workflowRef({ repository }: GithubConfig, workflow: string | undefined): string | undefined {
  const [file = "", branch = ""] = workflow?.split(/@(.*)/s) ?? [];
  return workflow && `${withoutIds(repository)}/.github/workflows/${file}@refs/heads/${branch}`;
}

/**
 * Jobs that preview or look for drift (preview.yml, drift.yml). Any other job of a pull request or of the branch has
 * another subject, so the environment's rules decide who reads what the role may read. A preview runs the workflow of the
 * pull request itself, so its file is no lock.
 */
export function previewTrust(github: GithubConfig): Trust {
  return { subjects: subjects(github, inEnvironments(github.previewEnvironments)), workflow: undefined };
}

/** Jobs that delete images (clean.yml), whose file at its branch is a second lock. */
export function cleanTrust(github: GithubConfig, { environments, workflow }: CleanConfig): Trust {
  return { subjects: subjects(github, inEnvironments(environments)), workflow: workflowRef(github, workflow) };
}

const inEnvironments = (environments: readonly string[]) => environments.map((each) => `environment:${each}`);

/** A repository's tokens have its ids in the subject or don't (GitHub's immutable subjects). */
function subjects({ repository, byName }: GithubConfig, contexts: readonly string[]): string[] {
  const repositories = byName ? [repository, withoutIds(repository)] : [repository];
  return repositories.flatMap((each) => contexts.map((context) => `repo:${each}:${context}`));
}

/** Whom a token for AWS is meant for, as `aws-actions/configure-aws-credentials` asks for it in a partition. */
export const audience = (partition: string): string => `sts.${awsDomain(partition)}`;

/**
 * Lets certain jobs assume a role. A condition whose claim AWS doesn't know is never met.
 *
 * @param provider ARN of GitHub's OIDC provider.
 */
export function trustPolicy(provider: string, partition: string, { subjects: allowed, workflow }: Trust) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: provider },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: audience(partition),
            [`${issuer}:sub`]: allowed,
            ...(workflow !== undefined && { [`${issuer}:job_workflow_ref`]: workflow }),
          },
        },
      },
    ],
  };
}
