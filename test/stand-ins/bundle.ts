import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as dockerVersion } from "@pulumi/docker/package.json";
import { build } from "esbuild";

/** The plugins that have a stand-in. */
export type StandIn = "language-nodejs" | "docker" | "aws";

/** Where Pulumi looks for plugins. */
export interface PluginDirectories {
  /** The directory of the `pulumi` binary: a language host next to it is used without a warning. */
  readonly bin: string;
  /** `PULUMI_HOME`; resource plugins go to its plugin cache, where the engine checks their version. */
  readonly pulumiHome: string;
}

/** The executable's path of a plugin. */
export function pluginPath(plugin: StandIn, { bin, pulumiHome }: PluginDirectories): string {
  if (plugin === "language-nodejs") {
    return join(bin, "pulumi-language-nodejs");
  }
  const version = { docker: dockerVersion, aws: awsVersion }[plugin];
  return join(pulumiHome, "plugins", `resource-${plugin}-v${version}`, `pulumi-resource-${plugin}`);
}

/**
 * Writes the stand-ins as executables of one file each, and returns their paths. They are bundled because a plugin's
 * start is part of every preview: 0.1 s as a bundle, 0.8 s through tsx and `node_modules` (2 cores).
 */
export function writeStandIns(plugins: readonly StandIn[], directories: PluginDirectories): Promise<string[]> {
  return Promise.all(
    plugins.map(async (plugin) => {
      const path = pluginPath(plugin, directories);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `#!${process.execPath}\n${await bundle(plugin)}`);
      await chmod(path, 0o755);
      return path;
    }),
  );
}

async function bundle(plugin: StandIn): Promise<string> {
  const result = await build({
    entryPoints: [join(__dirname, `${plugin}.ts`)],
    bundle: true,
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: "none",
    logLevel: "error",
    write: false,
  });
  const [file] = result.outputFiles;
  if (file === undefined) {
    throw new Error(`esbuild wrote nothing for ${plugin}`);
  }
  return file.text;
}
