import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import dockerPackage from "@pulumi/docker/package.json";
import kubernetesPackage from "@pulumi/kubernetes/package.json";
import { command } from "./command";
import { Failure } from "./failure";
import { which } from "./packages";
import { cache, inRun, pulumiHome } from "./paths";
import { step } from "./progress";

/** Pulumi plugins that no package registry has, by the name of their executable. */
const providers = [
  { executable: "pulumi-resource-kubernetes", name: "kubernetes", version: kubernetesPackage.version },
  { executable: "pulumi-resource-docker", name: "docker", version: dockerPackage.version },
];

/** Where the launchers of the offline plugins are. */
export const pluginDirectory = inRun("plugins");

/** Remembers that a plugin can't be downloaded, so that this is tried once and not at every start. */
const unavailable = (name: string, version: string) => join(cache, `unavailable-${name}-${version}`);

async function download(name: string, version: string, signal: AbortSignal): Promise<void> {
  try {
    const env = { ...process.env, PULUMI_HOME: pulumiHome };
    await command(["pulumi", "plugin", "install", "resource", name, version], { env, signal });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    writeFileSync(unavailable(name, version), error.message);
  }
}

function launcher(executable: string, offline: string): void {
  const argv = [process.execPath, "--import", require.resolve("tsx"), join(__dirname, "offline", `${offline}.ts`)];
  const line = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  writeFileSync(join(pluginDirectory, executable), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
}

/**
 * Downloads the plugins that the program needs, and lets the offline ones stand in for those that can't be had.
 * The language host comes with an installed Pulumi CLI and can't be downloaded by itself.
 */
export async function installPlugins(signal: AbortSignal): Promise<void> {
  mkdirSync(pluginDirectory, { recursive: true });
  const offline: string[] = [];
  if (which("pulumi-language-nodejs") === undefined) {
    launcher("pulumi-language-nodejs", "language-nodejs");
    offline.push("nodejs language host");
  }
  const wanted = providers.filter(({ executable }) => which(executable) === undefined);
  const untried = wanted.filter(({ name, version }) => !existsSync(unavailable(name, version)));
  if (untried.length > 0)
    await step(`looking for Pulumi plugins: ${untried.map(({ name }) => name).join(", ")}`, () =>
      Promise.all(untried.map(({ name, version }) => download(name, version, signal))),
    );
  for (const { executable, name, version } of wanted) {
    if (!existsSync(unavailable(name, version))) continue;
    launcher(executable, name);
    offline.push(`${name} provider`);
  }
  if (offline.length > 0)
    process.stderr.write(`! offline plugins stand in for what can't be downloaded here: ${offline.join(", ")}\n`);
}
