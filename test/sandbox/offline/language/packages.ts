import { access, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Properties, at, isObject, objectAt, textAt } from "../values";

/** A resource plugin that an installed npm package says it needs. */
export interface RequiredPlugin {
  /** Its name, such as `kubernetes`. */
  readonly name: string;
  /** The exact version that belongs to the package, without a leading v. */
  readonly version: string;
  /** Where it is downloaded from; "" is Pulumi's own choice. */
  readonly server: string;
}

/**
 * The plugins that the packages in the program's `node_modules` name under the `pulumi` key of their package.json, in
 * the order of their names. Packages nested in other packages are left out: npm nests only conflicting versions.
 */
export async function installedPlugins(directory: string): Promise<RequiredPlugin[]> {
  const modules = await nearestModules(directory);
  if (modules === undefined) {
    return [];
  }
  const manifests = await Promise.all((await packageNames(modules)).map((name) => readManifest(join(modules, name))));
  return manifests.flatMap(requiredPlugin).sort((a, b) => a.name.localeCompare(b.name));
}

/** The program's direct dependencies with the versions that are installed; "" for one that isn't. */
export async function directDependencies(directory: string): Promise<{ name: string; version: string }[]> {
  const manifest = await readManifest(directory);
  const names = Object.keys({ ...objectAt(manifest, "dependencies"), ...objectAt(manifest, "devDependencies") });
  const modules = (await nearestModules(directory)) ?? directory;
  return Promise.all(
    names.sort().map(async (name) => ({ name, version: textAt(await readManifest(join(modules, name)), "version") })),
  );
}

/** The plugin that a package.json asks for, if it does. `@pulumi/` and `pulumi-` are not part of a plugin's name. */
export function requiredPlugin(manifest: Properties): RequiredPlugin[] {
  const metadata = objectAt(manifest, "pulumi");
  if (at(metadata, "resource") !== true) {
    return [];
  }
  const name = textAt(metadata, "name") || textAt(manifest, "name").replace(/^@pulumi\//, "");
  const version = textAt(metadata, "version") || textAt(manifest, "version");
  return [{ name, version: version.replace(/^v/, ""), server: textAt(metadata, "server") }];
}

async function nearestModules(directory: string): Promise<string | undefined> {
  const modules = join(directory, "node_modules");
  try {
    await access(modules);
    return modules;
  } catch {
    const parent = dirname(directory);
    return parent === directory ? undefined : nearestModules(parent);
  }
}

async function packageNames(modules: string): Promise<string[]> {
  const entries = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const names = await Promise.all(
    entries.map(async (name) =>
      name.startsWith("@") ? (await readdir(join(modules, name))).map((inner) => `${name}/${inner}`) : [name],
    ),
  );
  return names.flat();
}

async function readManifest(directory: string): Promise<Properties> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
    return isObject(manifest) ? manifest : {};
  } catch {
    return {};
  }
}
