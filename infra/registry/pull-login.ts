import type * as pulumi from "@pulumi/pulumi";
import type { FoundRegistry } from "./registry";

/** What a cluster needs to pull from a registry with a password. */
export interface PullLogin {
  /** `host[:port]` as image references have it. */
  readonly host: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Password or token. */
  readonly password: pulumi.Input<string>;
}

/**
 * The login that pods pull with. Undefined for a registry that needs none, and for ECR: its token lives 12 h, and the
 * nodes of EKS pull with a role of their own.
 */
export function pullLogin(found: FoundRegistry): PullLogin | undefined {
  return found.kind === "existing" && found.credentials
    ? { host: found.repository.host, ...found.credentials }
    : undefined;
}
