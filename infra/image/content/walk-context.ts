import * as fs from "node:fs";
import * as path from "node:path";
import { type Failure, messageOf } from "../../../common";
import type { DockerIgnore, Matches } from "./docker-ignore";

/** Something that docker sends. */
export interface Sent {
  /** Path inside the context, with `/` on every system. */
  readonly path: string;
  readonly kind: "file" | "link" | "directory";
}

/** The Failure of an entry that keeps a context from being sent: what is wrong with it, and what to do. */
export type Unusable = (name: string, reason: string, remedy: string) => Failure;

/**
 * Lists what docker sends of a directory: files, links, and each directory that holds neither and that another clone has
 * too. It reads no ignored directory, unless an exception could match below it, and nothing behind a link.
 *
 * Git keeps no empty directory, so one that holds nothing, or only such directories, isn't sent here. One whose files are
 * all ignored is: git may keep a file of it, such as `.gitkeep`.
 *
 * @param without A directory that is left out as if it weren't there.
 */
export function walkContext(directory: string, ignore: DockerIgnore, without: string, unusable: Unusable): Sent[] {
  const sent: Sent[] = [];
  const root = fs.realpathSync(directory);
  const hidden = fs.existsSync(without) ? fs.realpathSync(without) : undefined;

  /** Returns whether the directory holds anything but empty directories. */
  const visit = (name: string, ignored: boolean, parent?: Matches): boolean => {
    const entries = read(name, ignored);
    let filled = entries === undefined;
    for (const entry of entries ?? []) {
      const below = name === "" ? entry.name : `${name}/${entry.name}`;
      if (entry.isDirectory()) {
        filled = visitDirectory(below, parent) || filled;
      } else {
        filled = true;
        if (!ignore.match(below, parent).ignored) {
          sent.push({ path: below, kind: kindOf(entry, below) });
        }
      }
    }
    return filled;
  };
  const visitDirectory = (name: string, parent?: Matches): boolean => {
    const { ignored, matches } = ignore.match(name, parent);
    if (path.join(root, name) === hidden) {
      return false;
    }
    if (ignored && !ignore.mayMatchBelow(name)) {
      return true;
    }
    const before = sent.length;
    const filled = visit(name, ignored, matches);
    if (filled && !ignored && sent.length === before) {
      sent.push({ path: name, kind: "directory" });
    }
    return filled;
  };
  /** Undefined for an ignored directory that can't be read: docker passes over it. */
  const read = (name: string, ignored: boolean): fs.Dirent[] | undefined => {
    try {
      return reading(name, unusable, () => fs.readdirSync(path.join(directory, name), { withFileTypes: true }));
    } catch (error) {
      if (ignored) {
        return undefined;
      }
      throw error;
    }
  };
  const kindOf = (entry: fs.Dirent, name: string): Sent["kind"] => {
    if (entry.isFile() || entry.isSymbolicLink()) {
      return entry.isFile() ? "file" : "link";
    }
    const kind = entry.isSocket() ? "socket" : entry.isFIFO() ? "named pipe" : "device";
    throw unusable(name, `is a ${kind}, which no other clone has`, "Remove it");
  };
  visit("", false);
  return sent;
}

/** Reads an entry of the context. If that fails, the Failure says why. */
export function reading<T>(name: string, unusable: Unusable, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // Node.js reads each byte of a name that is no UTF-8 as U+FFFD, and then finds no file of that name.
    throw name.includes("\uFFFD")
      ? unusable(name, "has a name that isn't UTF-8", "Rename it")
      : unusable(name, `can't be read (${messageOf(error)})`, "Make it readable");
  }
}
