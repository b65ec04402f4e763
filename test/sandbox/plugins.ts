import { existsSync, linkSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as dockerBuildVersion } from "@pulumi/docker-build/package.json";
import { version as dockerVersion } from "@pulumi/docker/package.json";
import { version as kubernetesVersion } from "@pulumi/kubernetes/package.json";
import { command } from "./command";
import { Failure } from "./failure";
import { type OfflinePlugin, writeOfflinePlugins } from "./offline/bundle";
import { locate, which } from "./packages";
import { cache, inRun, pulumiHome } from "./paths";
import { step } from "./progress";

/** A Pulumi provider that no package registry has. */
interface Provider {
  readonly name: "kubernetes" | "docker" | "aws";
  readonly version: string;
}

/** What every stack needs of them, beside docker-build. */
const providers: readonly Provider[] = [
  { name: "kubernetes", version: kubernetesVersion },
  { name: "docker", version: dockerVersion },
];

/** Holds the commands that users call; `pulumi` looks for its language host beside itself. */
export const commandDirectory = inRun("bin");

/** Remembers that a plugin can't be downloaded, so that this is tried once and not at every start. */
const unavailable = ({ name, version }: Provider) => join(cache, `unavailable-${name}-${version}`);

async function download(provider: Provider, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  try {
    const install = ["pulumi", "plugin", "install", "resource", provider.name, provider.version] as const;
    await command(install, { env: { ...env, PULUMI_HOME: pulumiHome }, signal });
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

/** Downloads providers, and names those that can't be had. */
async function missing(
  wanted: readonly Provider[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Provider["name"][]> {
  const untried = wanted.filter((provider) => !existsSync(unavailable(provider)));
  if (untried.length > 0)
    await step(`looking for Pulumi plugins to download: ${untried.map(({ name }) => name).join(", ")}`, () =>
      Promise.all(untried.map((provider) => download(provider, env, signal))),
    );
  return wanted.filter((each) => existsSync(unavailable(each))).map(({ name }) => name);
}

/** Lets the offline plugins stand in, and says so. */
async function standIn(offline: readonly OfflinePlugin[]): Promise<void> {
  await writeOfflinePlugins(offline, { bin: commandDirectory, pulumiHome });
  if (offline.length > 0)
    process.stderr.write(
      `! offline plugins stand in for what could not be downloaded: ${offline.join(", ")}\n` +
        "  (npm run sandbox:down -- --purge makes the next start try again)\n",
    );
}

/**
 * Downloads the plugins that the program needs, and lets the offline ones stand in for those that can't be had.
 * The language host comes with an installed Pulumi CLI and can't be downloaded by itself.
 */
export async function installPlugins(signal: AbortSignal): Promise<void> {
  const offline: OfflinePlugin[] = await missing(providers, process.env, signal);
  if (which("pulumi-language-nodejs") === undefined) offline.push("language-nodejs");
  for (const name of ["pulumi", "kubectl", "crane", "buildctl"]) link(name, commandDirectory);
  link("pulumi-resource-docker-build", join(pulumiHome, "plugins", `resource-docker-build-v${dockerBuildVersion}`));
  await standIn(offline);
}

/** The same for the AWS provider, hundreds of megabytes that few stacks need; `env` has the `pulumi` to ask. */
export async function installAwsPlugin(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  await standIn(await missing([{ name: "aws", version: awsVersion }], env, signal));
}
