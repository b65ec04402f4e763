import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "../../../common";
import type { BuildContext, ContextEntry } from "./build-context";
import { digestFile } from "./digest-file";

/**
 * Copies a context to `<target>/context` with fixed permission bits, and returns that path. A copy of the same tag stays
 * as it is, so that two previews at once don't disturb each other.
 *
 * The build reads the copy, because the docker-build provider hashes permission bits. A commit checked out under umask
 * 002 and 022 would otherwise be built again each time (pulumi/pulumi-docker-build#222).
 *
 * @throws Failure if a file isn't any more what {@link readContext} read, or if the provider can't hash a link.
 */
export function stageContext({ directory, entries, ignoreFile }: BuildContext, target: string, tag: string): string {
  const context = path.posix.join(target, "context");
  const marker = path.join(target, "tag");
  if (fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === tag) {
    return context;
  }
  fs.rmSync(target, { recursive: true, force: true });
  const made = new Set<string>();
  const makeDirectory = (name: string): void => {
    if (!made.has(name)) {
      if (name !== ".") {
        makeDirectory(path.posix.dirname(name));
      }
      const copy = path.join(context, name);
      fs.mkdirSync(copy, { recursive: name === "." });
      // The umask takes bits from the mode of mkdir, and none from that of chmod.
      fs.chmodSync(copy, 0o755);
      made.add(name);
    }
  };
  for (const entry of entries) {
    makeDirectory(entry.kind === "directory" ? entry.path : path.posix.dirname(entry.path));
    stageEntry(entry, path.join(directory, entry.path), path.join(context, entry.path));
  }
  makeDirectory(".");
  for (const { path: name, content } of entries.filter(({ kind }) => kind === "link")) {
    const reason = unhashable(path.join(context, name));
    if (reason !== undefined) {
      throw new Failure(
        `${path.join(directory, name)} is a link to ${content}, ${reason}, and the docker-build provider reads what a ` +
          `link points to. Remove the link, or add it to ${ignoreFile} if the image doesn't need it.`,
      );
    }
  }
  fs.writeFileSync(marker, tag);
  return context;
}

/** Nothing is written through a link: the copy's folder is new, and a path is either a link or has entries below it. */
function stageEntry({ kind, content }: ContextEntry, file: string, copy: string): void {
  if (kind === "link") {
    fs.symlinkSync(content, copy);
  } else if (kind !== "directory") {
    const to = fs.openSync(copy, "wx");
    try {
      if (digestFile(file, to).digest !== content) {
        throw new Failure(`${file} was changed while it was read. Run the command again.`);
      }
      fs.fchmodSync(to, kind === "executable" ? 0o755 : 0o644);
    } finally {
      fs.closeSync(to);
    }
  }
}

/**
 * Why the provider would fail or wait without an end at the hash of a link. It opens the link, passes over one that leads
 * nowhere or to a directory, and reads any other.
 */
function unhashable(link: string): string | undefined {
  try {
    const target = fs.statSync(link);
    if (target.isFile()) {
      fs.accessSync(link, fs.constants.R_OK);
    }
    return target.isFile() || target.isDirectory() ? undefined : "which is neither a file nor a directory";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : `which can't be followed (${code})`;
  }
}
