import { createHash } from "node:crypto";

/** The most characters of a DNS label. */
export const longestLabel = 63;

/**
 * Whether a text is a DNS label (RFC 1035), which the name of a Service must be: at most 63 of a-z, 0-9 and `-`, the
 * first a letter, the last no `-`.
 */
export function isDnsLabel(text: string): boolean {
  return text.length <= longestLabel && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(text);
}

/**
 * Turns a text into a DNS label. A text that is a label stays as it is. Any other text loses the characters that don't
 * fit and gets a hash of the text, so that the stacks `Dev` and `dev` don't share a namespace.
 */
export function dnsLabel(text: string): string {
  if (isDnsLabel(text)) {
    return text;
  }
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 6);
  const kept = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, longestLabel - hash.length - 1)
    .replace(/-$/, "");
  return kept === "" ? `n${hash}` : `${kept}-${hash}`;
}
