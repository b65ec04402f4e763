import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { at, isObject, objectAt, type Properties, textAt } from "../values";

/** A resource plugin that an installed npm package says it needs. */
export interface RequiredPlugin {
  /** Its name, such as `kubernetes`. */
  readonly name: string;
  /** The exact version that belongs to the package, without a leading v. */
  readonly version: string;
  /** Where it is downloaded from; "" is Pulumi's own choice. */
  readonly server: string;
}

/** A dependency of a program. */
export interface Dependency {
  readonly name: string;
  /** The version that is installed, "" where none is. */
  readonly version: string;
}

/**
 * The plugins that packages name under the `pulumi` key of their package.json, in the order of their names. Packages are
 * looked for in every `node_modules` below the program's directory, and not above it.
 */
export function installedPlugins(directory: string): RequiredPlugin[] {
  return packageManifests(directory, false)
    .map(readText)
    .filter((text) => text.includes('"pulumi"'))
    .flatMap((text) => requiredPlugin(parseManifest(text)))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Every package.json below `directory` that is inside a `node_modules`. */
function packageManifests(directory: string, insideModules: boolean): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return packageManifests(path, insideModules || entry.name === "node_modules");
    return insideModules && entry.name === "package.json" ? [path] : [];
  });
}

/** The program's direct dependencies, in the order of their names. */
export function directDependencies(directory: string): Dependency[] {
  const read = (path: string) => parseManifest(readText(join(path, "package.json")));
  const manifest = read(directory);
  const names = Object.keys({ ...objectAt(manifest, "dependencies"), ...objectAt(manifest, "devDependencies") });
  const modules = nearestModules(directory) ?? directory;
  return names.sort().map((name) => ({ name, version: textAt(read(join(modules, name)), "version") }));
}

/** The plugin that a package.json asks for, if it does. `@pulumi/` is not part of a plugin's name. */
export function requiredPlugin(manifest: Properties): RequiredPlugin[] {
  const metadata = objectAt(manifest, "pulumi");
  if (at(metadata, "resource") !== true) {
    return [];
  }
  const name = textAt(metadata, "name") || textAt(manifest, "name").replace(/^@pulumi\//, "");
  const version = textAt(metadata, "version") || textAt(manifest, "version");
  return [{ name, version: version.replace(/^v/, ""), server: textAt(metadata, "server") }];
}

function nearestModules(directory: string): string | undefined {
  const modules = join(directory, "node_modules");
  if (existsSync(modules)) {
    return modules;
  }
  const parent = dirname(directory);
  return parent === directory ? undefined : nearestModules(parent);
}

/** A file's content, or "" where there is none: not every entry of `node_modules` is a package. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function parseManifest(text: string): Properties {
  try {
    const manifest: unknown = JSON.parse(text);
    return isObject(manifest) ? manifest : {};
  } catch {
    return {};
  }
}
