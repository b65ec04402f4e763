import { dnsLabel } from "../../common";

/** Name of a role for a GitHub repository's jobs. */
export const roleName = (prefix: string, purpose: "deploy" | "preview" | "clean"): string =>
  dnsLabel(`${prefix}-${purpose}`);
