import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as dockerVersion } from "@pulumi/docker/package.json";
import { build } from "esbuild";

/** The plugins that have a stand-in. */
export type StandIn = "language-nodejs" | "docker" | "aws";

/** Where Pulumi looks for plugins. */
interface PluginDirectories {
  /** The directory of the `pulumi` binary: a language host next to it is used without a warning. */
  readonly bin: string;
  /** `PULUMI_HOME`; resource plugins go to its plugin cache, where the engine checks their version. */
  readonly pulumiHome: string;
}

function executable(standIn: StandIn, { bin, pulumiHome }: PluginDirectories): string {
  if (standIn === "language-nodejs") {
    return join(bin, "pulumi-language-nodejs");
  }
  const version = { docker: dockerVersion, aws: awsVersion }[standIn];
  return join(pulumiHome, "plugins", `resource-${standIn}-v${version}`, `pulumi-resource-${standIn}`);
}

/**
 * Writes stand-ins as executables of one file each, and returns their paths. They are bundled because a plugin's start is
 * part of every preview: 0.1 s as a bundle, 0.8 s through tsx and `node_modules` (2 cores).
 */
export function writeStandIns(standIns: readonly StandIn[], directories: PluginDirectories): Promise<string[]> {
  return Promise.all(
    standIns.map(async (standIn) => {
      const path = executable(standIn, directories);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `#!${process.execPath}\n${await bundle(standIn)}`);
      await chmod(path, 0o755);
      return path;
    }),
  );
}

async function bundle(standIn: StandIn): Promise<string> {
  const result = await build({
    entryPoints: [join(__dirname, `${standIn}.ts`)],
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
    throw new Error(`esbuild wrote nothing for ${standIn}`);
  }
  return file.text;
}
