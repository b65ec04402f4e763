import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import * as tar from "tar-stream";
import { Layer } from "../../infra/image/binaries/layer";

/** Platform → `e_machine` of its binaries, bits and byte order (elf(5)). */
const machines = {
  "linux/amd64": [62, 64, "LE"],
  "linux/arm64": [183, 64, "LE"],
  "linux/arm": [40, 32, "LE"],
  "linux/386": [3, 32, "LE"],
  "linux/ppc64le": [21, 64, "LE"],
  "linux/riscv64": [243, 64, "LE"],
  "linux/s390x": [22, 64, "BE"],
} as const;

/** The start of a binary for a machine, or for a platform. */
export function elf(of: keyof typeof machines | readonly [machine: number, bits: number, order: string]): Buffer {
  const [machine, bits, order] = typeof of === "string" ? machines[of] : of;
  const header = Buffer.alloc(64);
  header.write("\x7fELF", "latin1");
  header[4] = bits === 64 ? 2 : 1;
  header[5] = order === "BE" ? 2 : 1;
  if (order === "BE") {
    header.writeUInt16BE(machine, 18);
  } else {
    header.writeUInt16LE(machine, 18);
  }
  return header;
}

/** What a layer has at a path: a file's content, or what else is there. */
type Content = Buffer | string | Partial<tar.Header>;

/** The content of a layer: path → what is there. A file may be executed. */
export type Files = Readonly<Record<string, Content>>;

export const directory: Content = { type: "directory" };
export const symlink = (linkname: string): Content => ({ type: "symlink", linkname });
export const hardlink = (linkname: string): Content => ({ type: "link", linkname });

/** A tar archive, as a layer is one. */
export async function archive(entries: Files): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(entries)) {
    if (typeof content === "string" || Buffer.isBuffer(content)) {
      pack.entry({ name, mode: 0o755 }, content);
    } else if (content.type === "file") {
      pack.entry({ name, ...content }, "");
    } else {
      pack.entry({ name, mode: 0o755, ...content });
    }
  }
  pack.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack) {
    if (chunk instanceof Uint8Array) {
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

export const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Layers as an image has them, given the last one first. */
export function layersOf(...given: Files[]): Layer[] {
  return given.map((entries) => new Layer(gzip, async () => Readable.from([gzipSync(await archive(entries))])));
}
