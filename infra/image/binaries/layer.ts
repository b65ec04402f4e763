import { posix } from "node:path";
import { pipeline, type Readable } from "node:stream";
import * as tar from "tar-stream";
import { type Executable, executableOf, headLength } from "./executable";
import { unpacker } from "./unpacker";

type Source = tar.ExtractEvents["entry"][1];

/** What a layer has at a path. */
type LayerEntry =
  | { readonly kind: "directory" }
  /** The target is relative to the link's directory, or absolute in the image. */
  | { readonly kind: "symlink"; readonly target: string }
  /** Another name of the file at this absolute path. */
  | { readonly kind: "hardlink"; readonly target: string }
  /** Undefined for a file that nobody may execute. */
  | { readonly kind: "file"; readonly executable: Executable | undefined }
  | { readonly kind: "device" };

/** What a layer says about a path. */
type Saying =
  /** The layer has this at the path, or at a directory of the path that is no directory here. */
  | { readonly at: string; readonly entry: LayerEntry }
  /** The layer removes what the layers below it have there. */
  | "removed"
  /** The layers below decide. */
  | undefined;

/**
 * A layer of an image: a tar archive of what it adds and of whiteouts, which remove what is below
 * (github.com/opencontainers/image-spec, layer.md). It is read once at most, and only as far as the questions need.
 */
export class Layer {
  private readonly seen = new Map<string, LayerEntry>();
  private readonly removed = new Set<string>();
  /** Directories of which nothing is left of the layers below. */
  private readonly opaque = new Set<string>();
  private readonly unread: AsyncGenerator<readonly [string, LayerEntry], void>;

  /** @param open Starts to fetch the layer. Called once at most. */
  constructor(mediaType: string, open: () => Promise<Readable>) {
    this.unread = entriesOf(mediaType, open);
  }

  /** What this layer says about a normal absolute path. */
  async ask(path: string): Promise<Saying> {
    await this.readUntil(() => this.decided(path) !== undefined);
    const decided = this.decided(path);
    if (decided !== undefined) {
      return decided;
    }
    const above = parents(path);
    const removed =
      [...above, path].some((each) => this.removed.has(each)) || above.some((each) => this.opaque.has(each));
    return removed ? "removed" : undefined;
  }

  /** The first of these paths that the layer has as a file or as a link to one, in the layer's order. */
  async first(paths: readonly string[]): Promise<string | undefined> {
    const found = () => paths.find((path) => isProgram(this.seen.get(path)));
    await this.readUntil(() => found() !== undefined);
    return found();
  }

  /** Whether the part of the layer that was read has a directory at this path. */
  hasDirectory(path: string): boolean {
    return this.seen.get(path)?.kind === "directory";
  }

  /** Ends the transfer. */
  async close(): Promise<void> {
    await this.unread.return(undefined);
  }

  private decided(path: string): Exclude<Saying, "removed"> {
    for (const at of [...parents(path), path]) {
      const entry = this.seen.get(at);
      if (entry !== undefined && (at === path || entry.kind !== "directory")) {
        return { at, entry };
      }
    }
    return undefined;
  }

  private async readUntil(enough: () => boolean): Promise<void> {
    while (!enough()) {
      const next = await this.unread.next();
      if (next.done === true) {
        return;
      }
      const [path, entry] = next.value;
      const { dir, base } = posix.parse(path);
      if (base === ".wh..wh..opq") {
        this.opaque.add(dir);
      } else if (base.startsWith(".wh.")) {
        this.removed.add(posix.join(dir, base.slice(".wh.".length)));
      } else {
        this.seen.set(path, entry);
      }
    }
  }
}

/** The directories above a path, from the root down. */
function parents(path: string): string[] {
  return path === "/" ? [] : [...parents(posix.dirname(path)), posix.dirname(path)];
}

function isProgram(entry: LayerEntry | undefined): boolean {
  return (
    entry?.kind === "symlink" ||
    entry?.kind === "hardlink" ||
    (entry?.kind === "file" && entry.executable !== undefined)
  );
}

/** The entries of a layer by their absolute paths. The transfer waits between two of them, and ends with the generator. */
async function* entriesOf(
  mediaType: string,
  open: () => Promise<Readable>,
): AsyncGenerator<readonly [string, LayerEntry], void> {
  const unpacked = unpacker(mediaType);
  const source = await open();
  const archive = tar.extract();
  // An error reaches the loop through the archive.
  pipeline(source, unpacked, archive, () => undefined);
  try {
    for await (const entry of archive) {
      yield [absolute(entry.header.name), await read(entry)];
      entry.resume();
    }
  } finally {
    source.destroy();
  }
}

async function read(entry: Source): Promise<LayerEntry> {
  const { type, mode, linkname } = entry.header;
  switch (type) {
    case "directory":
      return { kind: "directory" };
    case "symlink":
      return { kind: "symlink", target: linkname };
    case "link":
      return { kind: "hardlink", target: absolute(linkname) };
    case "file":
    case "contiguous-file":
      return { kind: "file", executable: (mode & 0o111) === 0 ? undefined : executableOf(await headOf(entry)) };
    default:
      return { kind: "device" };
  }
}

/** The first bytes of a file in an archive. The rest of it waits. */
function headOf(entry: Source): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const done = () => {
      entry.pause();
      entry.removeAllListeners("data");
      resolve(head);
    };
    entry.on("data", (chunk) => {
      if (chunk instanceof Uint8Array) {
        head = Buffer.concat([head, chunk.subarray(0, headLength - head.length)]);
      }
      if (head.length === headLength) {
        done();
      }
    });
    entry.once("end", done);
    entry.once("error", reject);
  });
}

/** `bin/sh`, `./bin/sh` and `/bin/sh` are one path. */
function absolute(name: string): string {
  return posix.resolve("/", name);
}
