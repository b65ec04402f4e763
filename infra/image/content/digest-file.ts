import { createHash } from "node:crypto";
import * as fs from "node:fs";

/** Reused, because allocating it for each file takes longer than reading most files. */
const chunk = Buffer.allocUnsafe(1 << 18);

/**
 * The SHA-256 of a file, and whether its owner can execute it. The file is read piece by piece, however big it is.
 *
 * @param file Not a link: what it points to isn't read.
 * @param copy A file to write the same bytes to.
 */
export function digestFile(file: string, copy?: number): { readonly digest: string; readonly executable: boolean } {
  const from = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    const hash = createHash("sha256");
    for (let size = fs.readSync(from, chunk); size > 0; size = fs.readSync(from, chunk)) {
      const piece = chunk.subarray(0, size);
      hash.update(piece);
      if (copy !== undefined) {
        fs.writeFileSync(copy, piece);
      }
    }
    return { digest: hash.digest("hex"), executable: (fs.fstatSync(from).mode & 0o100) !== 0 };
  } finally {
    fs.closeSync(from);
  }
}
