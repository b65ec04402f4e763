import type * as pulumi from "@pulumi/pulumi";

/** Where images go to and come from. */
export interface Registry {
  /** `host[:port]/path` that images are pushed to. */
  readonly repository: pulumi.Input<string>;
  /** `host[:port]`, the first part of that. */
  readonly host: pulumi.Input<string>;
  /** Base URL of its API, with the scheme. */
  readonly address: pulumi.Input<string>;
  /** Nothing for a registry that lets everyone in. */
  readonly credentials: Credentials | undefined;
}

/** What a registry asks for. */
export interface Credentials {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}
