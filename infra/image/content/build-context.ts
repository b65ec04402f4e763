import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "../../../common";
import { digestFile } from "./digest-file";
import { parseIgnoreFile } from "./docker-ignore";
import { reading, type Sent, type Unusable, walkContext } from "./walk-context";

/** What `docker build` sends of a directory. */
export interface BuildContext {
  readonly directory: string;
  /** The ignore file that decides. If there is none, where it belongs. */
  readonly ignoreFile: string;
  /** Sorted by path. */
  readonly entries: readonly ContextEntry[];
}

/** An entry of a build context. */
export interface ContextEntry {
  /** Path inside the context, with `/` on every system. */
  readonly path: string;
  /**
   * The kinds that git tells apart: a symbolic link, a file that its owner can execute, any other file. A directory is
   * an entry only if it has none in it.
   */
  readonly kind: "link" | "executable" | "plain" | "directory";
  /** SHA-256 of a file's bytes, or the target of a link. Empty for a directory. */
  readonly content: string;
}

/**
 * Reads what `docker build` sends of a directory as the build context. `<Dockerfile>.dockerignore` says what to ignore;
 * if there is none, `.dockerignore` does. A link is an entry itself: nothing behind it is read.
 *
 * The result has no empty directories, other permission bits, owners or times, because git doesn't keep them.
 *
 * @param staging The folder with the copies of contexts. It is never part of one.
 * @param dockerfile Undefined for a named context. BuildKit reads only its `.dockerignore`.
 * @throws Failure if something in the context can't be read or sent.
 */
export function readContext(directory: string, staging: string, dockerfile?: string): BuildContext {
  const own = path.join(directory, ".dockerignore");
  const ignoreFiles = dockerfile === undefined ? [own] : [`${dockerfile}.dockerignore`, own];
  const ignoreFile = ignoreFiles.find((file) => fs.existsSync(file));
  const rules = parseIgnoreFile(ignoreFile === undefined ? "" : readIgnoreFile(ignoreFile), ignoreFile ?? own);
  const unusable: Unusable = (name, reason, remedy) =>
    new Failure(
      `${path.join(directory, name)} ${reason}. ${remedy}, or add it to ${ignoreFile ?? own} if the image doesn't need it.`,
    );
  const entries = walkContext(directory, rules, staging, unusable).map((sent) => entryOf(directory, sent, unusable));
  return { directory, ignoreFile: ignoreFile ?? own, entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/**
 * What to say of a context that has the repository's `.git` in it, which differs between two clones of one commit.
 * Undefined if it has none.
 */
export function gitWarning({ directory, ignoreFile, entries }: BuildContext): string | undefined {
  return entries.some(({ path: name }) => name.split("/", 1)[0] === ".git")
    ? `${path.join(directory, ".git")} is sent to the builder and differs in each clone, so the same commit gets another ` +
        `image tag in each. Add .git to ${ignoreFile}.`
    : undefined;
}

function readIgnoreFile(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw fs.statSync(file).isDirectory()
      ? new Failure(`${file} is a directory, and must be a file with a pattern on each line. Rename the directory.`)
      : error;
  }
}

function entryOf(directory: string, { path: name, kind }: Sent, unusable: Unusable): ContextEntry {
  const file = path.join(directory, name);
  switch (kind) {
    case "directory":
      return { path: name, kind, content: "" };
    case "link": {
      const target = reading(name, unusable, () => fs.readlinkSync(file, "buffer"));
      if (!isUtf8(target)) {
        throw unusable(name, "is a link to a name that isn't UTF-8", "Remove it");
      }
      return { path: name, kind, content: target.toString() };
    }
    case "file": {
      const { digest, executable } = reading(name, unusable, () => digestFile(file));
      return { path: name, kind: executable ? "executable" : "plain", content: digest };
    }
  }
}
