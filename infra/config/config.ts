import type * as pulumi from "@pulumi/pulumi";
import type { AwsConfig, Image, PinnedImage, Repository } from "../../common";
import type { NamedContext } from "./keys";
import type { EksConfig, Keys } from "./schema";

/** What the key `build` gives to a Dockerfile. */
export interface BuildSettings {
  /** `ARG` → its value. */
  readonly args: Readonly<Record<string, string>>;
  /** Id of a `RUN --mount=type=secret` → the secret. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Ids of `RUN --mount=type=ssh`. Each gets the agent that `SSH_AUTH_SOCK` names. */
  readonly ssh: readonly string[];
  /** Name of a stage or an image in the Dockerfile, the shortest one → what is there in its place. */
  readonly contexts: Readonly<Record<string, NamedContext>>;
  /** Name of the stage to build. Undefined for the last one. */
  readonly target: string | undefined;
}

/** An image to build. */
export interface BuildSource {
  readonly kind: "build";
  /** Directory of the Go service. */
  readonly app: string;
  readonly dockerfile: string;
  /** An existing buildx builder. By default the docker-build provider chooses one. */
  readonly builder: string | undefined;
  /** Image of the Dockerfile, by its shortest name → where it comes from. */
  readonly bases: Readonly<Record<string, Image>>;
  readonly build: BuildSettings;
  /** A changed text gives the same source another tag. */
  readonly rebuild: string | undefined;
  /** URL of the repository that the source is from. Undefined if the config names none. */
  readonly origin: string | undefined;
}

/** An image to deploy as it is. */
export interface PinnedSource extends PinnedImage {
  readonly kind: "pinned";
  /** Host of the registry that `imageFrom`'s stack deploys from. Undefined if that stack wasn't asked. */
  readonly promotedFrom?: string;
}

/** The image that another stack deploys. */
interface StackSource {
  readonly kind: "stack";
  readonly stack: string;
  /** An image to deploy instead. */
  readonly image: PinnedImage | undefined;
}

/** A registry that exists. */
interface ExistingRegistryConfig {
  /** Undefined if the stack deploys an image that names its repository. */
  readonly repository: Repository | undefined;
  /** Undefined for a registry that needs none. */
  readonly credentials: { readonly username: string; readonly password: pulumi.Output<string> } | undefined;
}

/**
 * A repository in the account's registry. The stack makes it, adopts one that exists, or pulls what another stack
 * pushes to its own. An `image` changes nothing about this: a stack that is rolled back keeps its repository.
 */
export type EcrConfig =
  | {
      readonly use: "make";
      /** The repository's name. */
      readonly repository: string;
      /** Whether Pulumi refuses to delete the repository, until the stack file allows it again. */
      readonly protect: boolean;
      /** Whether the repository may be deleted with images in it. */
      readonly forceDelete: boolean;
      /** Days after its push when ECR deletes an image; undefined for never. */
      readonly expireAfter: number | undefined;
      /** Numbers of the other accounts that may pull. */
      readonly pullAccounts: readonly string[];
    }
  | { readonly use: "adopt"; readonly repository: string }
  | {
      readonly use: "pull";
      /** Undefined if the other stack's image names it. */
      readonly repository: string | undefined;
    };

/** Where the service runs: a context of the kubeconfig, an EKS cluster, or the output `kubeconfig` of a stack. */
export type ClusterConfig = { readonly context: string } | { readonly eks: EksConfig } | { readonly stack: string };

/** What the probes ask on the service's port. */
export type HealthCheck =
  | {
      readonly protocol: "http";
      readonly path: string;
      /** What the liveness probe asks. */
      readonly livenessPath: string;
    }
  | {
      readonly protocol: "grpc";
      /** Undefined for the health of the whole server. */
      readonly service: string | undefined;
    };

type ServiceKeys =
  | "port"
  | "args"
  | "replicas"
  | "progressDeadline"
  | "startDeadline"
  | "migrate"
  | "onClose"
  | "resources"
  | "quota"
  | "egress";

/** What the service's stage takes as it is. */
interface ServiceConfig extends Readonly<Pick<Keys, ServiceKeys>> {
  readonly health: HealthCheck;
  /** Environment variables other than `PORT` that may be read in the Deployment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A stack's whole configuration, checked, with its defaults. */
export interface Config extends Readonly<Pick<Keys, "platforms" | "expose" | "podRole" | "github">> {
  /** The service's name. By default the project's, which may be no DNS label. */
  readonly name: string;
  readonly source: BuildSource | PinnedSource | StackSource;
  readonly registry: ExistingRegistryConfig | { readonly ecr: EcrConfig };
  readonly cluster: ClusterConfig;
  readonly service: ServiceConfig;
  /**
   * Environment variables that the pods get from a Secret: those that the stack's file has encrypted, or not as text. Their
   * values are decrypted here.
   */
  readonly encryptedEnv: Readonly<Record<string, string>>;
  /** Where the pods serve Prometheus metrics. `port` is undefined for the service's own. */
  readonly metrics: { readonly path: string; readonly port: number | undefined } | undefined;
  /** Undefined if neither the registry nor the cluster is in AWS. */
  readonly aws: AwsConfig | undefined;
}
