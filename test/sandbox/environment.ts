import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ground } from "./ground/ground";
import { inSandboxDirectory, kubeconfig, pulumiHome } from "./ground/paths";
import { sockets } from "./network/sockets";
import { commandDirectory } from "./toolchain/plugins";

const buildx = inSandboxDirectory("buildx");
const state = inSandboxDirectory("state");

/** Makes the directories of Pulumi. */
export function makePulumiDirectories(): void {
  for (const directory of [state, pulumiHome]) {
    mkdirSync(directory, { recursive: true });
  }
}

/** Lets buildx find the sandbox's BuildKit. */
export function writeBuilder(): void {
  mkdirSync(join(buildx, "instances"), { recursive: true });
  // The form in which buildx keeps a builder: with it there, the provider finds `sandbox` and needs no buildx command.
  const builder = {
    Name: "sandbox",
    Driver: "remote",
    Nodes: [{ Name: "sandbox0", Endpoint: `unix://${sockets.buildkit}` }],
  };
  writeFileSync(join(buildx, "instances", "sandbox"), JSON.stringify(builder));
}

/**
 * What a command in the sandbox sees: its commands, cluster, builder and Pulumi state, and none of the user's own.
 * @param ground What the ground adds.
 */
export function environment(ground: Pick<Ground, "variables">): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [commandDirectory, process.env["PATH"]].join(":"),
    KUBECONFIG: kubeconfig,
    BUILDX_CONFIG: buildx,
    PULUMI_HOME: pulumiHome,
    // Beside each file of state the file backend keeps attributes, which it doesn't write in one step: a Pulumi that is
    // killed meanwhile leaves them empty, and the stack can't be read any more ("failed to load checkpoint: EOF").
    PULUMI_BACKEND_URL: `file://${state}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A missing plugin is an error at once: looking for it where there is no network takes seconds.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Kubernetes providers before 4.29 don't know the program's enablePatchForce, and take it from here.
    PULUMI_K8S_ENABLE_PATCH_FORCE: "true",
    ...ground.variables(),
  };
}
