/** A status of a deployment, as far as delivery sets one. */
export interface Status {
  readonly state: string;
  readonly environment_url: string;
  readonly log_url: string;
}

/** A deployment. Its newest status comes first. */
export interface Deployment {
  readonly id: number;
  readonly ref: string;
  readonly environment: string;
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
  readonly statuses: Status[];
}

/** How the API answers. */
interface Answer {
  readonly status: number;
  readonly content: unknown;
}

const states = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

const invalid = (field: string, message: string): Answer => ({
  status: 422,
  content: { message: "Validation Failed", errors: [{ resource: "Deployment", code: "custom", field, message }] },
});

/** What GitHub's REST API says of deployments (https://docs.github.com/en/rest/deployments). */
export class FakeDeployments {
  /** The newest first. */
  readonly all: Deployment[] = [];

  /** What is listed at a path, the newest first; undefined where there is nothing. */
  list(path: string, query: URLSearchParams): readonly object[] | undefined {
    const [, id, rest] = path.split("/");
    if (id !== undefined) {
      return rest === "statuses" ? this.all.find((each) => String(each.id) === id)?.statuses : undefined;
    }
    const environment = query.get("environment");
    return this.all.filter((each) => environment === null || each.environment === environment);
  }

  /** Answers a POST. */
  post(path: string, content: Readonly<Record<string, unknown>>): Answer {
    const [, id, rest] = path.split("/");
    if (id === undefined) {
      return this.create(content);
    }
    const deployment = this.all.find((each) => String(each.id) === id);
    return deployment === undefined || rest !== "statuses"
      ? { status: 404, content: { message: "Not Found" } }
      : this.addStatus(deployment, content);
  }

  private create(content: Readonly<Record<string, unknown>>): Answer {
    const { ref, environment = "production", auto_merge: merges = true, required_contexts: contexts } = content;
    if (typeof ref !== "string" || ref === "" || typeof environment !== "string") {
      return { status: 422, content: { message: 'Invalid request.\n\n"ref" wasn\'t supplied.' } };
    }
    if (merges !== false) {
      return { status: 202, content: { message: `Auto-merged main into ${ref} on deployment.` } };
    }
    // The commit's checks have only begun.
    if (!Array.isArray(contexts) || contexts.length > 0) {
      return { status: 409, content: { message: `Conflict: Commit status checks failed for ${ref}.` } };
    }
    const deployment: Deployment = {
      id: 5000 + this.all.length,
      ref,
      environment,
      transient_environment: content["transient_environment"] === true,
      production_environment: (content["production_environment"] ?? environment === "production") === true,
      statuses: [],
    };
    this.all.unshift(deployment);
    return { status: 201, content: deployment };
  }

  private addStatus(deployment: Deployment, content: Readonly<Record<string, unknown>>): Answer {
    const {
      state,
      environment_url: url = "",
      log_url: log = "",
      description = "",
      auto_inactive: ends = true,
    } = content;
    if (typeof state !== "string" || !states.includes(state)) {
      return invalid("state", "state is not included in the list");
    }
    for (const [field, given] of Object.entries({ environment_url: url, log_url: log })) {
      if (typeof given !== "string" || !/^(?:https?:\/\/.*)?$/.test(given)) {
        return invalid(field, `${field} must use http(s) scheme`);
      }
    }
    if (typeof description !== "string" || description.length > 140) {
      return invalid("description", "description is too long (maximum is 140 characters)");
    }
    const status = { state, environment_url: String(url), log_url: String(log) };
    deployment.statuses.unshift(status);
    if (state === "success" && ends === true) {
      this.all
        .slice(this.all.indexOf(deployment) + 1)
        .filter((each) => !each.transient_environment && !each.production_environment)
        .filter((each) => each.environment === deployment.environment && each.statuses[0]?.state === "success")
        .forEach((each) => each.statuses.unshift({ ...status, state: "inactive" }));
    }
    return { status: 201, content: status };
  }
}
