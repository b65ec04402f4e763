import { PassThrough, type Transform } from "node:stream";
import * as zlib from "node:zlib";

/** An older Node.js has no `createZstdDecompress`, and its types don't either. */
const { createGunzip, createZstdDecompress }: Pick<typeof zlib, "createGunzip"> & ZstdDecompressor = zlib;

interface ZstdDecompressor {
  readonly createZstdDecompress?: () => Transform;
}

/**
 * What makes a tar archive of a layer.
 *
 * @throws Error for a layer that isn't a tar archive, and for zstd without a Node.js that knows it.
 */
export function unpacker(mediaType: string): Transform {
  const [, compression] = /[.+](tar|gzip|zstd)$/.exec(mediaType) ?? [];
  switch (compression) {
    case "tar":
      return new PassThrough();
    case "gzip":
      return createGunzip();
    case "zstd":
      if (createZstdDecompress === undefined) {
        throw new Error("a layer is compressed with zstd, which Node.js reads only from 22.15 on");
      }
      return createZstdDecompress();
    default:
      throw new Error(`a layer is ${mediaType}, no tar archive`);
  }
}
