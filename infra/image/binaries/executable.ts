/** What a kernel makes of a file, by its first bytes. */
export type Executable =
  /** Compiled for a platform of Linux, in Go's spelling, or for a machine that Go has no word for. */
  | { readonly kind: "elf"; readonly platform: string }
  /** Compiled for another operating system. */
  | { readonly kind: "foreign"; readonly system: string }
  /** A script that names its interpreter (execve(2)). Everything after the interpreter is a single argument. */
  | { readonly kind: "script"; readonly interpreter: string; readonly argument: string | undefined }
  | { readonly kind: "unknown" };

/** How many bytes of a file decide what it is: as many as Linux reads of a script's first line (BINPRM_BUF_SIZE). */
export const headLength = 256;

/** `e_machine`, bits and byte order of an ELF header (elf(5)) → the architecture in Go's spelling. */
const architectures = new Map([
  ["3 32 LE", "386"],
  ["21 64 LE", "ppc64le"],
  ["22 64 BE", "s390x"],
  ["40 32 LE", "arm"],
  ["62 64 LE", "amd64"],
  ["183 64 LE", "arm64"],
  ["243 64 LE", "riscv64"],
]);

/** The first four bytes of files that other systems run → the system. */
const foreign = new Map([
  ["cffaedfe", "macOS"],
  ["cefaedfe", "macOS"],
]);

/**
 * Reads what a file is.
 *
 * @param head The first {@link headLength} bytes, or all of a shorter file.
 */
export function executableOf(head: Buffer): Executable {
  if (head.toString("latin1", 0, 4) === "\x7fELF" && head.length >= 20) {
    const bits = head[4] === 2 ? 64 : 32;
    const [order, machine] = head[5] === 2 ? ["BE", head.readUInt16BE(18)] : ["LE", head.readUInt16LE(18)];
    const known = architectures.get(`${machine} ${bits} ${order}`);
    return { kind: "elf", platform: `linux/${known ?? `(ELF machine ${machine}, ${bits}-bit ${order})`}` };
  }
  const [, interpreter, argument] = /^#![ \t]*([^ \t\n]+)[ \t]*([^\n]*)/.exec(head.toString("utf8")) ?? [];
  if (interpreter !== undefined) {
    return { kind: "script", interpreter, argument: argument?.trim() || undefined };
  }
  const system =
    foreign.get(head.toString("hex", 0, 4)) ?? (head.toString("latin1", 0, 2) === "MZ" ? "Windows" : undefined);
  return system === undefined ? { kind: "unknown" } : { kind: "foreign", system };
}
