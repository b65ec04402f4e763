import * as ecr from "@pulumi/aws/ecr";
import * as pulumi from "@pulumi/pulumi";
import { Failure, type PinnedImage, reasonOf } from "../base";
import type { EcrConfig } from "../config";
import { cacheTags, lifecyclePolicy } from "./lifecycle-policy";
import type { Credentials, Registry } from "./registry";
import { repositoryPolicy } from "./repository-policy";

/** An account's registry, and what lets this program in. */
interface Login {
  /** `<account>.dkr.ecr.<region>.amazonaws.com`. */
  readonly host: string;
  readonly credentials: Credentials;
}

/**
 * Finds out what can be known of a repository in ECR before there is any resource. The function returned registers the
 * repository, unless it exists already.
 *
 * @param image One that is deployed as it is, in that repository.
 * @throws Failure where AWS refuses a token, a repository to adopt doesn't exist, or the image isn't in it.
 */
export async function findEcr(
  { repository, use, protect, forceDelete }: EcrConfig,
  image: PinnedImage | undefined,
): Promise<(name: string) => Registry> {
  const login = await logIn();
  if (image) {
    checkPlace(image, repository, login.host);
  }
  if (use === "make") {
    return (name) => new EcrRegistry(name, { login, repository: repository ?? name, protect, forceDelete });
  }
  const existing = use === "pull" && image ? image.repository.name : await findRepository(repository ?? "");
  return (name) => new EcrRegistry(name, { login, existing });
}

/**
 * Asks for a token, with which Docker's protocol is spoken for the next 12 h. It is another one each time, and still
 * makes no diff: the docker-build provider compares a registry's address and user alone. The AWS provider decodes it.
 */
async function logIn(): Promise<Login> {
  const { proxyEndpoint, userName, password, expiresAt } = await ecr.getAuthorizationToken().catch((error: unknown) => {
    throw new Failure(`ECR gives no token to push or pull with (ecr:GetAuthorizationToken): ${reasonOf(error)}.`);
  });
  if (Date.parse(expiresAt) <= Date.now()) {
    // BuildKit would say "403 Forbidden", after the build.
    throw new Failure(
      `ECR's token has expired at ${expiresAt}, by this machine's clock, ${new Date().toISOString()}: see that it is right, then run it again.`,
    );
  }
  return {
    host: new URL(proxyEndpoint).host,
    credentials: { username: userName, password: pulumi.secret(password) },
  };
}

async function findRepository(name: string): Promise<string> {
  const { repositoryUrl } = await ecr.getRepository({ name }).catch((error: unknown) => {
    throw new Failure(
      `the repository ${name} can't be found in ECR: ${reasonOf(error)}. ` +
        "Leave registry.ecr.adopt out to have it made, or name another one in registry.ecr.repository.",
    );
  });
  return repositoryUrl;
}

/** Without this the token would be sent to another host. */
function checkPlace({ repository: { name, host } }: PinnedImage, wanted: string | undefined, registry: string): void {
  const [given, expected] = wanted === undefined ? [host, registry] : [name, `${registry}/${wanted}`];
  if (given !== expected) {
    throw new Failure(`the image's repository is ${name}, and registry.ecr of this stack means ${expected}.`);
  }
}

/** Arguments of an {@link EcrRegistry}. */
export type EcrRegistryArgs =
  | {
      readonly login: Login;
      /** `host/path` of a repository that stays as it is. */
      readonly existing: pulumi.Input<string>;
    }
  | {
      readonly login: Login;
      /** Name of the repository to make. */
      readonly repository: pulumi.Input<string>;
      /** Refuses to delete it. Plain, since it is an option of the resource. */
      readonly protect: boolean;
      /** Deletes it with the images in it. */
      readonly forceDelete: pulumi.Input<boolean>;
    };

/**
 * A repository in the account's registry in ECR, made here or existing already, and a token for it. Tags come from the
 * provider's default tags (`aws:defaultTags`).
 *
 * The token is in none of its outputs.
 */
export class EcrRegistry extends pulumi.ComponentResource implements Registry {
  /** `host/path` that images are pushed to. */
  readonly repository: pulumi.Output<string>;
  /** Host of the registry. */
  readonly host: string;
  /** Base URL of its API. */
  readonly address: string;
  /** User and token; the token is a secret. */
  readonly credentials: Credentials;

  constructor(name: string, args: EcrRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ping:index:EcrRegistry", name, {}, opts);
    this.host = args.login.host;
    this.address = `https://${this.host}`;
    this.credentials = args.login.credentials;

    if ("existing" in args) {
      this.repository = pulumi.output(args.existing);
    } else {
      const repository = new ecr.Repository(
        `${name}-repository`,
        {
          name: args.repository,
          // What a tag names stays what it was; a build cache is written over and over.
          imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
          imageTagMutabilityExclusionFilters: [{ filter: cacheTags, filterType: "WILDCARD" }],
          imageScanningConfiguration: { scanOnPush: true },
          // With the account's own key for ECR, aws/ecr; it can't change later.
          encryptionConfigurations: [{ encryptionType: "KMS" }],
          forceDelete: args.forceDelete,
        },
        { parent: this, protect: args.protect },
      );
      const policies = { repository: repository.name };
      new ecr.LifecyclePolicy(
        `${name}-lifecycle`,
        { ...policies, policy: JSON.stringify(lifecyclePolicy()) },
        { parent: this },
      );
      new ecr.RepositoryPolicy(
        `${name}-policy`,
        { ...policies, policy: JSON.stringify(repositoryPolicy()) },
        { parent: this },
      );
      // Known before the repository is there, unlike its repositoryUrl: the preview that plans it already builds the image,
      // which the docker-build provider skips where a tag is unknown.
      this.repository = pulumi.interpolate`${this.host}/${repository.name}`;
    }
    this.registerOutputs({ repository: this.repository });
  }
}
