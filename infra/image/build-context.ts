import ignore from "@balena/dockerignore";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** A file of a build context. */
export interface ContextFile {
  /** Path inside the context, with `/` on every system. */
  readonly path: string;
  /** What git tells apart: a symbolic link, a file its owner can execute, any other file. */
  readonly kind: "link" | "executable" | "plain";
  /** The bytes of the file, or where the link leads. */
  readonly content: Buffer;
}

/**
 * Reads the files of a build context as `docker build` would send them, sorted by path: those that the ignore file
 * leaves, `<Dockerfile>.dockerignore` before `.dockerignore`.
 *
 * Empty directories, other permission bits, owners and times don't count: git doesn't keep them.
 */
export function readContext(directory: string, dockerfile: string): ContextFile[] {
  const ignored = ignore();
  const ignoreFile = [`${dockerfile}.dockerignore`, path.join(directory, ".dockerignore")].find(fs.existsSync);
  if (ignoreFile !== undefined) {
    ignored.add(fs.readFileSync(ignoreFile, "utf8"));
  }
  return fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((entry) => ({ entry, stat: fs.lstatSync(path.join(directory, entry)) }))
    .filter(({ entry, stat }) => (stat.isFile() || stat.isSymbolicLink()) && !ignored.ignores(entry))
    .map(({ entry, stat }) => readFile(directory, entry, stat))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readFile(directory: string, entry: string, stat: fs.Stats): ContextFile {
  const file = path.join(directory, entry);
  const name = entry.split(path.sep).join("/");
  return stat.isSymbolicLink()
    ? { path: name, kind: "link", content: Buffer.from(fs.readlinkSync(file)) }
    : { path: name, kind: stat.mode & 0o100 ? "executable" : "plain", content: fs.readFileSync(file) };
}

/**
 * The tag of what a build is made from: 16 hex digits that agree between checkouts, machines and umasks, and differ as
 * soon as a file of the context, the Dockerfile or a platform does.
 */
export function contentTag(files: readonly ContextFile[], dockerfile: Buffer, platforms: readonly string[]): string {
  const hash = createHash("sha256");
  // Every part goes in with its length, or bytes could move from one part to the next unnoticed.
  const add = (part: string | Buffer) => hash.update(`${Buffer.byteLength(part)}:`).update(part);
  files.forEach(({ path: name, kind, content }) => [name, kind, content].forEach(add));
  [dockerfile, ...platforms].forEach(add);
  return hash.digest("hex").slice(0, 16);
}

/**
 * Copies these files to `<directory>/context`, with fixed permission bits, and returns that path. Where the files there
 * already have this {@link contentTag}, they stay as they are, so that two previews at once don't disturb each other.
 *
 * A build reads the copy rather than the original, since the docker-build provider hashes permission bits too: the same
 * commit checked out under umask 002 and 022 would be built again and again (pulumi/pulumi-docker-build#222).
 */
export function stageContext(files: readonly ContextFile[], directory: string, tag: string): string {
  const context = path.posix.join(directory, "context");
  const marker = path.join(directory, "tag");
  if (fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === tag) {
    return context;
  }
  fs.rmSync(directory, { recursive: true, force: true });
  makeDirectory(context);
  for (const file of files) {
    stageFile(file, context);
  }
  fs.writeFileSync(marker, tag);
  return context;
}

function stageFile({ path: name, kind, content }: ContextFile, context: string): void {
  const file = path.join(context, name);
  path.posix
    .dirname(name)
    .split("/")
    .reduce((parent, part) => makeDirectory(path.join(parent, part)), context);
  if (kind === "link") {
    fs.symlinkSync(content.toString(), file);
  } else {
    fs.writeFileSync(file, content);
    fs.chmodSync(file, kind === "executable" ? 0o755 : 0o644);
  }
}

/** Unlike `mkdir` with a mode, whose bits the umask takes away again. */
function makeDirectory(directory: string): string {
  fs.mkdirSync(directory, { recursive: true });
  fs.chmodSync(directory, 0o755);
  return directory;
}
