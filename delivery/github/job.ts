import { Failure } from "../../common";

/** A job of GitHub Actions, as far as a build's provenance tells of it. */
export interface Job {
  /** URL of the repository. */
  readonly repository: string;
  /** The workflow's file in the repository. */
  readonly path: string;
  /** The branch that the workflow's file is from, `refs/heads/…`. */
  readonly ref: string;
  /** URL of the workflow's file at its branch. Sigstore's certificates name a job's workflow by it. */
  readonly workflow: string;
  /** URL of the run's attempt. */
  readonly run: string;
}

/**
 * The job that runs this, by its variables GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_WORKFLOW_REF, GITHUB_RUN_ID and
 * GITHUB_RUN_ATTEMPT.
 *
 * @throws Failure that names the variables that are missing.
 */
export function jobFromEnvironment(environment: NodeJS.ProcessEnv): Job {
  const read = (name: string) => environment[`GITHUB_${name}`] ?? "";
  const names = ["SERVER_URL", "REPOSITORY", "WORKFLOW_REF", "RUN_ID", "RUN_ATTEMPT"];
  const missing = names.filter((name) => read(name) === "");
  if (missing.length > 0) {
    const variables = missing.map((name) => `GITHUB_${name}`).join(", ");
    throw new Failure(`nobody knows which workflow this is without ${variables} in the environment`);
  }
  const repository = `${read("SERVER_URL")}/${read("REPOSITORY")}`;
  const [file = "", ref = ""] = read("WORKFLOW_REF").split(/@(.*)/s);
  return {
    repository,
    path: file.slice(`${read("REPOSITORY")}/`.length),
    ref,
    workflow: `${read("SERVER_URL")}/${read("WORKFLOW_REF")}`,
    run: `${repository}/actions/runs/${read("RUN_ID")}/attempts/${read("RUN_ATTEMPT")}`,
  };
}
