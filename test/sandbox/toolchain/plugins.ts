import { copyFileSync, existsSync, linkSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as dockerBuildVersion } from "@pulumi/docker-build/package.json";
import { version as dockerVersion } from "@pulumi/docker/package.json";
import { version as kubernetesVersion } from "@pulumi/kubernetes/package.json";
import { Failure } from "../../../common";
import { type StandIn, writeStandIns } from "../../stand-ins/bundle";
import { run } from "../ground/run";
import { cache, inSandboxDirectory, pulumiHome } from "../ground/paths";
import { step } from "../ground/progress";
import { locate, which } from "../ground/which";
import { dockerBuildProvider, kubernetesProvider } from "./binaries";
import { buildBinaries } from "./build-binaries";
import { versionOf } from "./go-modules";

/** A Pulumi provider that is downloaded where that is possible. */
interface Provider {
  readonly name: "kubernetes" | "docker-build" | "docker" | "aws";
  readonly version: string;
}

const kubernetes: Provider = { name: "kubernetes", version: kubernetesVersion };
const dockerBuild: Provider = { name: "docker-build", version: dockerBuildVersion };
const docker: Provider = { name: "docker", version: dockerVersion };
const aws: Provider = { name: "aws", version: awsVersion };

/** Holds the commands that users call; `pulumi` looks for its language host beside itself. */
export const commandDirectory = inSandboxDirectory("bin");

/** Where Pulumi looks for a provider's binary. */
const pluginFile = (name: string, version: string) =>
  join(pulumiHome, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);

/** Remembers that a plugin can't be downloaded, so that this is tried once and not at every start. */
const unavailable = ({ name, version }: Provider) => join(cache, `unavailable-${name}-${version}`);

async function download(provider: Provider, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  try {
    const install = ["pulumi", "plugin", "install", "resource", provider.name, provider.version] as const;
    await run(install, { env: { ...env, PULUMI_HOME: pulumiHome }, signal });
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    writeFileSync(unavailable(provider), error.message);
  }
}

/** Puts a binary where it is looked for: a hard link of it, or a copy where it is on another file system. */
export function place(source: string, target: string): void {
  const file = realpathSync(source);
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  try {
    linkSync(file, target);
  } catch {
    copyFileSync(file, target);
  }
}

/** Downloads the wanted providers, and returns those that can't be had. */
async function missing(
  wanted: readonly Provider[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<readonly Provider[]> {
  const untried = wanted.filter((provider) => !existsSync(unavailable(provider)));
  if (untried.length > 0) {
    await step(`looking for Pulumi plugins to download: ${untried.map(({ name }) => name).join(", ")}`, () =>
      Promise.all(untried.map((provider) => download(provider, env, signal))),
    );
  }
  return wanted.filter((each) => existsSync(unavailable(each)));
}

/**
 * Builds those of Pulumi's own providers that are absent: docker-build in the version that package.json pins, Kubernetes in
 * the version that the Go module proxy has.
 */
async function buildProviders(absent: readonly Provider[], signal: AbortSignal): Promise<void> {
  const sources = [
    { provider: dockerBuild, build: dockerBuildProvider },
    { provider: kubernetes, build: kubernetesProvider },
  ].filter(({ provider }) => absent.includes(provider));
  const directories = await buildBinaries(
    signal,
    sources.map(({ build }) => build),
  );
  sources.forEach(({ provider, build }, index) => {
    place(join(directories[index] ?? "", build.name), pluginFile(provider.name, provider.version));
  });
  if (absent.includes(kubernetes)) {
    const built = versionOf(kubernetesProvider.module, "github.com/pulumi/pulumi-kubernetes/provider/v4");
    process.stderr.write(
      `! Pulumi's Kubernetes provider ${kubernetesVersion}, which package.json pins, could not be downloaded:\n` +
        `  ${built}, built from source, runs in its place\n`,
    );
  }
}

/** Lets stand-ins take the place of plugins, and says so. */
async function standIn(standIns: readonly StandIn[], bin = commandDirectory): Promise<void> {
  await writeStandIns(standIns, { bin, pulumiHome });
  if (standIns.length > 0) {
    process.stderr.write(
      `! stand-ins run in place of Pulumi plugins that are neither installed nor to be downloaded: ${standIns.join(", ")}\n` +
        "  (test/stand-ins/README.md says what differs; npm run sandbox:down -- --purge makes the next start try again)\n",
    );
  }
}

/** Places the language host for Node.js beside a Pulumi CLI: that of an installed one, without one a stand-in. */
export async function placeLanguageHost(directory: string): Promise<void> {
  const languageHost = which("pulumi-language-nodejs");
  // Pulumi warns at each command about a language host that it finds on PATH.
  if (languageHost !== undefined) {
    place(languageHost, join(directory, "pulumi-language-nodejs"));
  }
  await standIn(languageHost === undefined ? ["language-nodejs"] : [], directory);
}

/** Places the commands that users call. */
export async function placeCommands(): Promise<void> {
  for (const name of ["pulumi", "kubectl", "crane", "buildctl"]) {
    place(locate(name), join(commandDirectory, name));
  }
  await placeLanguageHost(commandDirectory);
}

/**
 * Installs the plugins that every stack needs: downloads them, and where that is impossible builds the docker-build and the
 * Kubernetes provider and lets a stand-in take the Docker provider's place; `env` has the `pulumi` to ask.
 */
export async function installPlugins(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const absent = await missing([dockerBuild, kubernetes, docker], env, signal);
  if (absent.length > 0) {
    await buildProviders(absent, signal);
  }
  await standIn(absent.includes(docker) ? ["docker"] : []);
}

/** The same for the AWS provider, hundreds of megabytes that few stacks need; `env` has the `pulumi` to ask. */
export async function installAwsPlugin(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const absent = await missing([aws], env, signal);
  await standIn(absent.length > 0 ? ["aws"] : []);
}
