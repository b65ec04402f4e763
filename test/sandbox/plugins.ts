import { existsSync, linkSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version as dockerBuildVersion } from "@pulumi/docker-build/package.json";
import { version as dockerVersion } from "@pulumi/docker/package.json";
import { version as kubernetesVersion } from "@pulumi/kubernetes/package.json";
import { command } from "./command";
import { Failure } from "./failure";
import { type OfflinePlugin, writeOfflinePlugins } from "./offline/bundle";
import { locate, which } from "./packages";
import { cache, inRun, pulumiHome } from "./paths";
import { step } from "./progress";

/** The Pulumi providers that no package registry has: what the program needs of them beside docker-build. */
const providers = [
  { name: "kubernetes", version: kubernetesVersion },
  { name: "docker", version: dockerVersion },
] as const;

/** Holds the commands that users call; `pulumi` looks for its language host beside itself. */
export const commandDirectory = inRun("bin");

/** Remembers that a plugin can't be downloaded, so that this is tried once and not at every start. */
const unavailable = ({ name, version }: (typeof providers)[number]) => join(cache, `unavailable-${name}-${version}`);

async function download(provider: (typeof providers)[number], signal: AbortSignal): Promise<void> {
  try {
    const env = { ...process.env, PULUMI_HOME: pulumiHome };
    await command(["pulumi", "plugin", "install", "resource", provider.name, provider.version], { env, signal });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    writeFileSync(unavailable(provider), error.message);
  }
}

/** Puts a command's binary into another directory: from PATH, Pulumi would take a plugin with a warning only. */
function link(name: string, directory: string): void {
  mkdirSync(directory, { recursive: true });
  rmSync(join(directory, name), { force: true });
  linkSync(realpathSync(locate(name)), join(directory, name));
}

/**
 * Downloads the plugins that the program needs, and lets the offline ones stand in for those that can't be had.
 * The language host comes with an installed Pulumi CLI and can't be downloaded by itself.
 */
export async function installPlugins(signal: AbortSignal): Promise<void> {
  const untried = providers.filter((provider) => !existsSync(unavailable(provider)));
  if (untried.length > 0)
    await step(`looking for Pulumi plugins to download: ${untried.map(({ name }) => name).join(", ")}`, () =>
      Promise.all(untried.map((provider) => download(provider, signal))),
    );
  const offline: OfflinePlugin[] = providers.filter((each) => existsSync(unavailable(each))).map(({ name }) => name);
  if (which("pulumi-language-nodejs") === undefined) offline.push("language-nodejs");
  for (const name of ["pulumi", "kubectl", "crane", "buildctl"]) link(name, commandDirectory);
  link("pulumi-resource-docker-build", join(pulumiHome, "plugins", `resource-docker-build-v${dockerBuildVersion}`));
  await writeOfflinePlugins(offline, { bin: commandDirectory, pulumiHome });
  if (offline.length > 0)
    process.stderr.write(
      `! offline plugins stand in for what could not be downloaded: ${offline.join(", ")}\n` +
        "  (npm run sandbox:down -- --purge makes the next start try again)\n",
    );
}
