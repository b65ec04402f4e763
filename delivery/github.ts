import { z } from "zod";
import { Failure } from "../infra/base";

/** Where GitHub's API is, and for which repository it is asked; in GitHub Actions the environment says all of it. */
export interface GitHubArgs {
  /** Base URL, `GITHUB_API_URL`. */
  readonly api: string;
  /** `owner/name`, `GITHUB_REPOSITORY`. */
  readonly repository: string;
  /** A token that may write issues or pull requests, `GITHUB_TOKEN`. */
  readonly token: string;
}

/** The environment's variables for {@link GitHubArgs}. @throws Failure that names those that are missing. */
export function gitHubFromEnvironment(environment: NodeJS.ProcessEnv): GitHub {
  const read = (name: string) => environment[name] ?? "";
  const [api, repository, token] = [read("GITHUB_API_URL"), read("GITHUB_REPOSITORY"), read("GITHUB_TOKEN")];
  const missing = Object.entries({ GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token })
    .filter(([, value]) => value === "")
    .map(([name]) => name);
  if (missing.length > 0) {
    throw new Failure(`GitHub can't be asked without ${missing.join(", ")} in the environment`);
  }
  return new GitHub({ api, repository, token });
}

const entry = z.object({
  body: z.string().nullish(),
  user: z.object({ type: z.string() }).nullish(),
  /** Set on pull requests, which the list of issues has too. */
  pull_request: z.unknown().optional(),
});
const comments = z.array(entry.extend({ id: z.number() }));
const issues = z.array(entry.extend({ number: z.number() }));

const perPage = 100;

/** The few calls of GitHub's REST API that delivery needs. */
export class GitHub {
  constructor(private readonly args: GitHubArgs) {}

  /** Writes the comment of an issue or pull request that starts with a marker: edits it in place, or adds it. */
  async upsertComment(number: number, marker: string, body: string): Promise<void> {
    const found = await this.find(`issues/${number}/comments`, comments, marker);
    await (found === undefined
      ? this.request("POST", `issues/${number}/comments`, { body })
      : this.request("PATCH", `issues/comments/${found.id}`, { body }));
  }

  /** Writes the open issue that starts with a marker: edits it, or opens it. */
  async upsertIssue(marker: string, title: string, body: string): Promise<void> {
    const found = await this.find("issues?state=open", issues, marker);
    await (found === undefined
      ? this.request("POST", "issues", { title, body })
      : this.request("PATCH", `issues/${found.number}`, { title, body }));
  }

  /** Closes the open issue that starts with a marker, if there is one. */
  async closeIssue(marker: string): Promise<void> {
    const found = await this.find("issues?state=open", issues, marker);
    if (found !== undefined) {
      await this.request("PATCH", `issues/${found.number}`, { state: "closed", state_reason: "completed" });
    }
  }

  /** Only what a bot wrote counts: anybody can write the marker. */
  private async find<T extends z.infer<typeof entry>>(
    path: string,
    schema: z.ZodType<T[]>,
    marker: string,
  ): Promise<T | undefined> {
    for (let page = 1; ; page++) {
      const query = `${path.includes("?") ? "&" : "?"}per_page=${perPage}&page=${page}`;
      const list = schema.parse(await this.request("GET", path + query));
      const found = list.find(
        ({ body, user, pull_request: request }) =>
          request === undefined && user?.type === "Bot" && body?.startsWith(marker),
      );
      if (found !== undefined || list.length < perPage) {
        return found;
      }
    }
  }

  private async request(method: string, path: string, content?: unknown): Promise<unknown> {
    const { api, repository, token } = this.args;
    const response = await fetch(`${api}/repos/${repository}/${path}`, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "x-github-api-version": "2022-11-28",
      },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
    if (!response.ok) {
      throw new Failure(`GitHub: ${method} ${path} gave ${response.status}: ${(await response.text()).slice(0, 500)}`);
    }
    return response.json();
  }
}
