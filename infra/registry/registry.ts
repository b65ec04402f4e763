import type * as pulumi from "@pulumi/pulumi";
import type { AwsAccount, Repository } from "../base";
import type { EcrConfig } from "../config";

/** The registry that the image is pushed to and pulled from. */
export interface Registry {
  /** `host[:port]/path` of the repository. */
  readonly repository: pulumi.Input<string>;
  /** `host[:port]`. */
  readonly host: pulumi.Input<string>;
  /** Base URL of the registry's API, with the scheme. */
  readonly address: pulumi.Input<string>;
  /** Undefined for a registry that needs none. */
  readonly credentials: Credentials | undefined;
  /** What to do if the registry refuses to be read, as a sentence. Undefined if nothing but the credentials decides. */
  readonly refusalAdvice?: string | undefined;
}

/** A registry's user and password or token. */
export interface Credentials {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}

/** What a look-up finds out about a registry. */
export type FoundRegistry =
  | {
      readonly kind: "existing";
      readonly repository: Repository;
      /** Base URL of the registry's API, with the scheme. */
      readonly address: string;
      readonly credentials: Credentials | undefined;
    }
  | {
      readonly kind: "ecr";
      /** Where a pinned image is, also in another account's registry. Otherwise in the account's, to push to. */
      readonly repository: Repository;
      readonly credentials: Credentials;
      readonly config: EcrConfig;
      /** The account that the credentials are of. */
      readonly account: AwsAccount;
    };
