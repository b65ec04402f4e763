import * as http from "node:http";
import { json } from "node:stream/consumers";
import { Octokit } from "@octokit/rest";
import { GitHub } from "../../delivery/github";
import { FakeDeployments } from "./fake-deployments";
import { start, stop } from "./servers";

/** A comment, an issue or a pull request. */
export interface Entry {
  readonly id: number;
  readonly number: number;
  readonly user: { readonly type: string };
  readonly title?: string;
  readonly body: string;
  readonly state?: string;
  readonly pull_request?: object;
}

/** How the API answers. */
interface Answer {
  readonly status: number;
  readonly content: unknown;
  readonly headers?: http.OutgoingHttpHeaders;
}

/** As much of GitHub's REST API as delivery asks for, on loopback, for the repository `owner/name` and the token `token`. */
export class FakeGitHub {
  readonly comments: Entry[] = [];
  readonly issues: Entry[] = [];
  readonly pulls: Entry[] = [];
  readonly deployments = new FakeDeployments();
  /** What the token may do, in the words of a workflow's `permissions`. */
  permissions: Readonly<Record<string, string>> = { issues: "write", "pull-requests": "write", deployments: "write" };
  /** What the next requests get instead of their answers. */
  readonly refusals: Answer[] = [];
  /** Every request, as `METHOD path`. */
  readonly requests: string[] = [];
  private next = 1000;

  private constructor(
    private readonly server: http.Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<FakeGitHub> {
    const server = http.createServer((request, response) => {
      void fake.answer(request).then(({ status, content, headers }) => {
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(content));
      });
    });
    const fake = new FakeGitHub(server, await start(server));
    return fake;
  }

  /** What a workflow's environment says. */
  get environment() {
    return {
      GITHUB_API_URL: `http://127.0.0.1:${this.port}`,
      GITHUB_REPOSITORY: "owner/name",
      GITHUB_TOKEN: "token",
    };
  }

  /** A client without the plugins, which let requests that write wait for one another for seconds. */
  client(): GitHub {
    const octokit = new Octokit({ auth: "token", baseUrl: this.environment.GITHUB_API_URL });
    return new GitHub(octokit, { owner: "owner", repo: "name" });
  }

  stop(): void {
    stop(this.server);
  }

  private async answer(request: http.IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? "", "http://host");
    const path = url.pathname.replace("/repos/owner/name/", "");
    this.requests.push(`${request.method ?? ""} ${path}`);
    if (request.headers.authorization !== "token token") {
      return { status: 401, content: { message: "Bad credentials" } };
    }
    const refusal = this.refusals.shift();
    if (refusal !== undefined) {
      return refusal;
    }
    if (!this.allows(request.method ?? "", path)) {
      return { status: 403, content: { message: "Resource not accessible by integration" } };
    }
    const deployments = path.startsWith("deployments");
    const list = path.includes("comments") ? this.comments : path === "pulls" ? this.pulls : this.issues;
    if (request.method === "GET") {
      const [size, page] = [Number(url.searchParams.get("per_page")), Number(url.searchParams.get("page") ?? 1)];
      const state = url.searchParams.get("state");
      const found = deployments
        ? this.deployments.list(path, url.searchParams)
        : list.filter((entry) => state === null || entry.state === state);
      if (found === undefined) {
        return { status: 404, content: { message: "Not Found" } };
      }
      url.searchParams.set("page", String(page + 1));
      const next = `${this.environment.GITHUB_API_URL}${url.pathname}${url.search}`;
      const headers = found.length > size * page ? { link: `<${next}>; rel="next"` } : {};
      return { status: 200, content: found.slice(size * (page - 1), size * page), headers };
    }
    const given = await json(request);
    if (deployments) {
      return this.deployments.post(path, given as Readonly<Record<string, unknown>>);
    }
    const content = given as Partial<Entry>;
    if ((content.body ?? "").length > 65_536) {
      return { status: 422, content: { message: "body is too long (maximum is 65536 characters)" } };
    }
    if (request.method === "POST") {
      const number = this.next++;
      list.push({ id: number, number, user: { type: "Bot" }, state: "open", body: "", ...content });
      return { status: 201, content: list.at(-1) };
    }
    const number = Number(path.split("/").at(-1));
    const index = list.findIndex((entry) => entry.number === number);
    const entry = list[index];
    if (entry === undefined) {
      return { status: 404, content: { message: "Not Found" } };
    }
    list[index] = { ...entry, ...content };
    return { status: 200, content: list[index] };
  }

  /** Whether the token's permissions allow a request. A pull request's comments are those of an issue, too. */
  private allows(method: string, path: string): boolean {
    const [first = ""] = path.split("/");
    const names =
      first === "deployments"
        ? ["deployments"]
        : first === "pulls"
          ? ["pull-requests"]
          : path.includes("comments")
            ? ["issues", "pull-requests"]
            : ["issues"];
    return names.some((name) => {
      const level = this.permissions[name];
      return level === "write" || (level === "read" && method === "GET");
    });
  }
}
