import ignore from "@balena/dockerignore";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** A file of a build context. */
export interface ContextFile {
  /** Path inside the context, with `/` on every system. */
  readonly path: string;
  /** The kinds that git tells apart: a symbolic link, a file that its owner can execute, any other file. */
  readonly kind: "link" | "executable" | "plain";
  /** The bytes of the file, or the target of the link. */
  readonly content: Buffer;
}

/**
 * Reads the files that `docker build` would send as the build context, sorted by path. `<Dockerfile>.dockerignore` says
 * which files to ignore; if there is none, `.dockerignore` does.
 *
 * The result has no empty directories, other permission bits, owners or times, because git doesn't keep them.
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

/** What decides about an image, beside its files and its Dockerfile. */
export interface BuildInputs {
  readonly platforms: readonly string[];
  /** Image of the Dockerfile → its digest. */
  readonly bases: Readonly<Record<string, string>>;
  /** The image's labels, without the tag itself. */
  readonly labels: Readonly<Record<string, string>>;
  readonly rebuild: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Ids of the secrets. A changed id changes the build. A changed value only grants access again. */
  readonly secrets: readonly string[];
  /** Ids of the SSH mounts. */
  readonly ssh: readonly string[];
  readonly target: string | undefined;
}

/**
 * The tag of a build's content: 16 hex digits. Two builds have the same tag if their files, Dockerfile and inputs are
 * the same, on any machine and with any umask. The same tag never means two images.
 */
export function contentTag(files: readonly ContextFile[], dockerfile: Buffer, inputs: BuildInputs): string {
  const hash = createHash("sha256");
  // Each part is hashed with its length. Otherwise bytes could move from one part to the next without a new tag.
  const add = (part: string | Buffer) => hash.update(`${Buffer.byteLength(part)}:`).update(part);
  files.forEach(({ path: name, kind, content }) => [name, kind, content].forEach(add));
  const { platforms, bases, labels, rebuild, args, secrets, ssh, target } = inputs;
  // As lists, because the order of an object's keys isn't part of its meaning.
  const list = (given: Readonly<Record<string, string>>) => Object.entries(given).sort();
  const settings = [platforms, list(bases), list(labels), rebuild, list(args), secrets.toSorted(), ssh, target];
  [dockerfile, JSON.stringify(settings)].forEach(add);
  return hash.digest("hex").slice(0, 16);
}

/**
 * Copies the files to `<directory>/context` with fixed permission bits, and returns that path. Files of the same
 * {@link contentTag} stay as they are, so that two previews at once don't disturb each other.
 *
 * The build reads the copy, because the docker-build provider hashes permission bits. A commit checked out under umask
 * 002 and 022 would otherwise be built again each time (pulumi/pulumi-docker-build#222).
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

/** Sets the mode with `chmod`, because the umask takes bits from the mode of `mkdir`. */
function makeDirectory(directory: string): string {
  fs.mkdirSync(directory, { recursive: true });
  fs.chmodSync(directory, 0o755);
  return directory;
}
