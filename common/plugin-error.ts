import { messageOf } from "./failure";

/** A plugin's error message on one line, without the words that the engine puts around it. */
export function reasonOf(error: unknown): string {
  return messageOf(error)
    .replace(/^(?:invocation of \S+ returned an error|Invoke of '\S+' failed): /, "")
    .replace(/^invoking \S+: (?:\d+ errors? occurred:\s*\* )?/, "")
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
}
