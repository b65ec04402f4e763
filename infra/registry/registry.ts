import type * as pulumi from "@pulumi/pulumi";
import type { AwsAccount, Plain, Repository } from "../../common";
import type { EcrConfig } from "../config";
import type { FoundLogin } from "./find-login";

/** The registry that the image is pushed to and pulled from. */
export interface Registry {
  /** `host[:port]/path` of the repository. */
  readonly repository: pulumi.Input<string>;
  /** `host[:port]`, by which the error of a failed build is explained. */
  readonly host: Plain<string>;
  /** Base URL of the registry's API, with the scheme. */
  readonly address: pulumi.Input<string>;
  /** What the registry is read with. Undefined for a registry that needs none. */
  readonly credentials: Credentials | undefined;
  /** Whether the docker-build plugin finds the credentials by itself, so that they are no input of a build. */
  readonly dockerLogin: Plain<boolean>;
  /** What to do if the registry refuses to be read, as a sentence. Undefined if nothing but the credentials decides. */
  readonly refusalAdvice?: string | undefined;
}

/** A registry's user and password or token. */
export interface Credentials {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** Whether the password is an identity token. */
  readonly identityToken?: boolean;
}

/** What a look-up finds out about a registry. */
export type FoundRegistry =
  | {
      readonly kind: "existing";
      readonly repository: Repository;
      /** Base URL of the registry's API, with the scheme. */
      readonly address: string;
      /** What reads and pushes. Undefined for a registry that needs none. */
      readonly login: FoundLogin | undefined;
      /** The config's, which pods pull with. */
      readonly credentials: Credentials | undefined;
    }
  | {
      readonly kind: "ecr";
      /** Where a pinned image is, also in another account's registry. Otherwise in the account's, to push to. */
      readonly repository: Repository;
      readonly login: FoundLogin;
      readonly config: EcrConfig;
      /** The account that the stack changes. */
      readonly account: AwsAccount;
    };
