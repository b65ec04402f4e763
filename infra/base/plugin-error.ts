/** What a plugin said, on one line, without the engine's words around it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^(?:invocation of \S+ returned an error|Invoke of '\S+' failed): /, "")
    .replace(/^invoking \S+: (?:\d+ errors? occurred:\s*\* )?/, "")
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
}
