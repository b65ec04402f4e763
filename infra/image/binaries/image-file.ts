import { posix } from "node:path";
import type { Executable } from "./executable";
import type { Layer } from "./layer";

/** A file of an image. */
export interface ImageFile {
  /** Absolute path, with no link in it. */
  readonly path: string;
  /** Undefined for a file that nobody may execute. */
  readonly executable: Executable | undefined;
}

/** As in Linux (path_resolution(7)). */
const mostLinks = 40;

/**
 * The file at an absolute path of an image. Links lead through all layers and never out of the image.
 *
 * @param layers The last one first.
 * @returns Undefined if no layer has a file there.
 */
export async function fileAt(layers: readonly Layer[], path: string, links = 0): Promise<ImageFile | undefined> {
  for (const [index, layer] of layers.entries()) {
    const said = await layer.ask(path);
    if (said === "removed") {
      return undefined;
    }
    if (said !== undefined) {
      const { at, entry } = said;
      // A directory of a later layer has taken the place of what is here.
      const replaced = at !== path && layers.slice(0, index).some((later) => later.hasDirectory(at));
      if (replaced || links === mostLinks) {
        return undefined;
      }
      if (entry.kind === "symlink") {
        const target = posix.resolve(posix.dirname(at), entry.target, posix.relative(at, path));
        return fileAt(layers, target, links + 1);
      }
      if (at !== path) {
        return undefined;
      }
      if (entry.kind === "hardlink") {
        return fileAt(layers.slice(index), entry.target, links + 1);
      }
      return entry.kind === "file" ? { path, executable: entry.executable } : undefined;
    }
  }
  return undefined;
}

/**
 * The first of several paths at which there is a file that may be executed. If files of one name are in several
 * directories, and in several layers, the last layer's counts. Otherwise each such name would need all layers.
 *
 * @param layers The last one first.
 */
export async function firstExecutable(
  layers: readonly Layer[],
  paths: readonly string[],
): Promise<ImageFile | undefined> {
  for (const layer of layers) {
    const found = await layer.first(paths);
    const file = found === undefined ? undefined : await fileAt(layers, found);
    if (file?.executable !== undefined) {
      return file;
    }
  }
  // All layers have been read. A link to a directory may still lead there.
  for (const path of paths) {
    const file = await fileAt(layers, path);
    if (file?.executable !== undefined) {
      return file;
    }
  }
  return undefined;
}
