import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { Failure } from "../../common";

/**
 * GitHub's API for one repository, as a job's environment has it: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN. Requests
 * are sent again after failures of GitHub's own, and once after a limit, when the wait that GitHub names is over.
 *
 * @throws Failure that names the variables that are missing.
 */
export function gitHubFromEnvironment(environment: NodeJS.ProcessEnv): GitHub {
  const names = ["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"];
  const missing = names.filter((name) => (environment[name] ?? "") === "");
  if (missing.length > 0) {
    throw new Failure(`GitHub can't be asked without ${missing.join(", ")} in the environment`);
  }
  const [baseUrl = "", repository = "", auth] = names.map((name) => environment[name]);
  const once = (_wait: number, _request: unknown, _octokit: unknown, retries: number) => retries < 1;
  const octokit = new (Octokit.plugin(retry, throttling))({
    auth,
    baseUrl,
    throttle: { onRateLimit: once, onSecondaryRateLimit: once },
  });
  octokit.hook.error("request", (error, options) => {
    const { method, url } = octokit.request.endpoint(options);
    throw new Failure(`GitHub: ${method} ${url} failed: ${error.message.slice(0, 500)}`);
  });
  const [owner = "", repo = ""] = repository.split("/");
  return new GitHub(octokit, { owner, repo });
}

/** What a comment and an issue have in common. */
interface Entry {
  readonly body?: string | null | undefined;
  readonly user: { readonly type: string } | null;
  /** Set on pull requests, which the list of issues has too. */
  readonly pull_request?: object;
}

/** What GitHub shows of a deployment. */
export interface DeploymentStatus {
  readonly state: "in_progress" | "success" | "failure" | "inactive";
  readonly environment_url?: string;
  /** The log of the job that deploys. */
  readonly log_url?: string;
}

/** The few calls of GitHub's REST API that delivery needs. */
export class GitHub {
  constructor(
    private readonly octokit: Octokit,
    private readonly repository: { readonly owner: string; readonly repo: string },
  ) {}

  /** Writes the comment of an issue or pull request that starts with a marker: edits it in place, or adds it. */
  async upsertComment(number: number, marker: string, body: string): Promise<void> {
    const { issues } = this.octokit.rest;
    const thread = { ...this.repository, issue_number: number };
    const found = find(await this.octokit.paginate(issues.listComments, { ...thread, per_page: 100 }), marker);
    await (found === undefined
      ? issues.createComment({ ...thread, body })
      : issues.updateComment({ ...this.repository, comment_id: found.id, body }));
  }

  /** Writes the open issue that starts with a marker: edits it, or opens it. */
  async upsertIssue(marker: string, title: string, body: string): Promise<void> {
    const found = await this.openIssue(marker);
    const content = { ...this.repository, title, body };
    await (found === undefined
      ? this.octokit.rest.issues.create(content)
      : this.octokit.rest.issues.update({ ...content, issue_number: found.number }));
  }

  /** Closes the open issue that starts with a marker, if there is one. */
  async closeIssue(marker: string): Promise<void> {
    const found = await this.openIssue(marker);
    if (found !== undefined) {
      const closed = { state: "closed", state_reason: "completed" } as const;
      await this.octokit.rest.issues.update({ ...this.repository, issue_number: found.number, ...closed });
    }
  }

  /** The numbers of the open pull requests. */
  async openPullRequests(): Promise<ReadonlySet<number>> {
    const { list } = this.octokit.rest.pulls;
    const open = await this.octokit.paginate(list, { ...this.repository, state: "open", per_page: 100 });
    return new Set(open.map(({ number }) => number));
  }

  /** Begins a deployment of a commit to an environment that will be gone one day. Commit statuses don't hold it up. */
  async createDeployment(environment: string, ref: string): Promise<number> {
    const { data, status } = await this.octokit.rest.repos.createDeployment({
      ...this.repository,
      ref,
      environment,
      transient_environment: true,
      production_environment: false,
      auto_merge: false,
      required_contexts: [],
    });
    if (!("id" in data)) {
      throw new Failure(`GitHub made no deployment of ${ref}: it answered ${status}, ${data.message ?? ""}`);
    }
    return data.id;
  }

  /** The deployments to an environment, the newest first. */
  async deployments(environment: string): Promise<readonly number[]> {
    const { listDeployments } = this.octokit.rest.repos;
    const found = await this.octokit.paginate(listDeployments, { ...this.repository, environment, per_page: 100 });
    return found.map(({ id }) => id);
  }

  /** The newest status of a deployment; undefined without any. */
  async deploymentState(id: number): Promise<string | undefined> {
    const { listDeploymentStatuses } = this.octokit.rest.repos;
    const { data } = await listDeploymentStatuses({ ...this.repository, deployment_id: id, per_page: 1 });
    return data[0]?.state;
  }

  /** Adds a status to a deployment. */
  async setDeploymentState(id: number, status: DeploymentStatus): Promise<void> {
    await this.octokit.rest.repos.createDeploymentStatus({ ...this.repository, deployment_id: id, ...status });
  }

  private async openIssue(marker: string) {
    const { listForRepo } = this.octokit.rest.issues;
    return find(await this.octokit.paginate(listForRepo, { ...this.repository, state: "open", per_page: 100 }), marker);
  }
}

/** Only what a bot wrote counts: anybody can write the marker. */
function find<T extends Entry>(entries: readonly T[], marker: string): T | undefined {
  return entries.find(
    ({ body, user, pull_request: request }) =>
      request === undefined && user?.type === "Bot" && body?.startsWith(marker),
  );
}
