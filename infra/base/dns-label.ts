import { createHash } from "node:crypto";

const longestLabel = 63;

/**
 * Turns a text into a DNS label as of RFC 1035, the narrower kind that names of Services must be: at most 63 of a-z, 0-9
 * and `-`, the first a letter. A text that is one stays as it is; any other loses what doesn't fit and gets a hash of
 * itself, so that the stacks `Dev` and `dev` don't share a namespace.
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
