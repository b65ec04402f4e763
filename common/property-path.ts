/** A step into a value: a key of an object or an index of a list. */
export type Part = string | number;

const segment = /\.?([^.[\]"]+)|\[(\d+)\]|\["((?:\\"|[^"])*)"\]/guy;

/**
 * Reads a property path as the engine writes it in a detailed diff: `spec.containers[0]["a.b"]`
 * (`resource.ParsePropertyPath` in Pulumi's Go SDK). Text that isn't such a path becomes a single key, so that nothing is lost.
 */
export function parsePath(text: string): Part[] {
  const parts = [...text.matchAll(segment)];
  const last = parts.at(-1);
  if (last === undefined || last.index + last[0].length !== text.length) {
    return [text];
  }
  return parts.map(([, key, index, quoted = ""]) =>
    index === undefined ? (key ?? quoted.replaceAll('\\"', '"')) : Number(index),
  );
}

/**
 * Writes a path as the engine and `pulumi config set --path` read it, in one line. They know one escape, that of a quote. JSON
 * escapes backslashes too.
 */
export function formatPath(parts: readonly PropertyKey[]): string {
  return parts
    .map((part, position) => {
      if (typeof part === "number") {
        return `[${part}]`;
      }
      const key = String(part);
      const plain = /^[\w$-]+$/.test(key);
      return plain ? `${position === 0 ? "" : "."}${key}` : `[${JSON.stringify(key).replaceAll("\\\\", "\\")}]`;
    })
    .join("");
}
