import { Failure } from "../../common";
import { codeSpan } from "../preview";
import { commitLine } from "./comment";
import type { Environment } from "./environment";

/** A commit that was released to a pull request's environment, or was to be. */
interface Of {
  readonly commit: string;
  /** The log's URL; undefined outside of GitHub Actions. */
  readonly log: string | undefined;
}

/** What became of a pull request's environment, in the words of GitHub's deployments. */
export type EnvironmentState =
  /** The commit runs. It answers at the URL, which is undefined unless the service is exposed. */
  | (Of & { readonly state: "success"; readonly url: string | undefined })
  /** The commit couldn't be released, or doesn't answer at the URL. */
  | (Of & { readonly state: "failure" })
  /** The environment is removed, because its request isn't open, or got no commit for so many days. */
  | { readonly state: "inactive"; readonly idleDays?: number | undefined };

/** The comment's first line, by which the next run finds it. GitHub doesn't show it. */
export function environmentMarker({ stack }: Environment): string {
  return `<!-- environment ${stack} -->`;
}

/** The comment about a pull request's environment. The first line that GitHub shows is the way to it. */
export function renderEnvironment(environment: Environment, state: EnvironmentState): string {
  return `${environmentMarker(environment)}\n${paragraphs(environment, state).join("\n\n")}`;
}

function paragraphs({ stack, namespace, service }: Environment, state: EnvironmentState): string[] {
  switch (state.state) {
    case "success": {
      const forward = `kubectl --namespace ${namespace} port-forward service/${service} 8080:80`;
      const way =
        state.url === undefined
          ? `Environment ${codeSpan(stack)}: ${codeSpan(forward)}, then [localhost:8080](http://localhost:8080)`
          : `**[${checked(state.url)}](${checked(state.url)})**`;
      return [way, commitLine(state.commit, state.log)];
    }
    case "failure": {
      const failed = `**The release to the environment ${codeSpan(stack)} failed**; the log says why, and what runs there.`;
      return [failed, commitLine(state.commit, state.log)];
    }
    case "inactive":
      return [
        `The environment ${codeSpan(stack)} is gone, with all that it deployed.`,
        ...(state.idleDays === undefined ? [] : [comesBack(state.idleDays)]),
      ];
  }
}

function comesBack(days: number): string {
  const time = days === 1 ? "a day" : `${days} days`;
  return `It got no commit for ${time}. Push one, or close and reopen this pull request, and it is made anew.`;
}

/** A URL as the program gives it. The branch's code runs before this, and could say that its environment has any URL. */
function checked(url: string): string {
  if (!/^https:\/\/[a-z0-9.-]{1,253}$/.test(url)) {
    throw new Failure(`${JSON.stringify(url)} isn't https:// and the name of a host`);
  }
  return url;
}
