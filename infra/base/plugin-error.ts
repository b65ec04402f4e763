/** A plugin's error message on one line, without the words that the engine puts around it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^(?:invocation of \S+ returned an error|Invoke of '\S+' failed): /, "")
    .replace(/^invoking \S+: (?:\d+ errors? occurred:\s*\* )?/, "")
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
}
