import { createHash } from "node:crypto";

const longestLabel = 63;

/**
 * Turns a text into a DNS label (RFC 1035), which the name of a Service must be: at most 63 of a-z, 0-9 and `-`, the
 * first a letter. A text that is a label stays as it is. Any other text loses the characters that don't fit and gets a
 * hash of the text, so that the stacks `Dev` and `dev` don't share a namespace.
 */
export function dnsLabel(text: string): string {
  if (text.length <= longestLabel && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(text)) {
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
