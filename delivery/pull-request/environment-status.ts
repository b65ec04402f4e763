import type { DeploymentStatus, GitHub } from "../github";
import type { Environment } from "./environment";
import { environmentMarker, type EnvironmentState, renderEnvironment } from "./environment-comment";

type Api = Pick<
  GitHub,
  "createDeployment" | "deployments" | "deploymentState" | "setDeploymentState" | "upsertComment"
>;

/** Says on the pull request that a commit is being deployed to its environment. */
export async function beginDeployment(
  github: Api,
  { stack }: Environment,
  { commit, log }: { readonly commit: string; readonly log: string | undefined },
): Promise<void> {
  const id = await github.createDeployment(stack, commit);
  await github.setDeploymentState(id, withLog("in_progress", log));
}

/**
 * Says on the pull request what became of its environment, by the deployment that began last and by the environment's comment.
 * GitHub itself leaves the earlier deployments of an environment that is gone one day as they are.
 */
export async function endDeployment(
  github: Api,
  environment: Environment,
  number: number,
  state: EnvironmentState,
): Promise<void> {
  const [newest, ...earlier] = await github.deployments(environment.stack);
  if (state.state !== "inactive" && newest !== undefined) {
    const url = state.state === "success" && state.url !== undefined ? { environment_url: state.url } : {};
    await github.setDeploymentState(newest, { ...withLog(state.state, state.log), ...url });
  }
  // Before the rest: the client lets a second pass between two requests that write.
  await github.upsertComment(number, environmentMarker(environment), renderEnvironment(environment, state));
  // After a failure, what an earlier deployment has brought may still run.
  const over = {
    success: earlier,
    failure: [],
    inactive: newest === undefined ? [] : [newest, ...earlier],
  }[state.state];
  const active: number[] = [];
  for (const id of over) {
    const last = await github.deploymentState(id);
    if (last === "inactive" && state.state === "success") {
      // The deployments before this one are inactive too: the oldest becomes it first.
      break;
    }
    if (last === "in_progress" || last === "success") {
      active.unshift(id);
    }
  }
  for (const id of active) {
    await github.setDeploymentState(id, { state: "inactive" });
  }
}

function withLog(state: DeploymentStatus["state"], log: string | undefined): DeploymentStatus {
  return { state, ...(log === undefined ? {} : { log_url: log }) };
}
