import * as ecr from "@pulumi/aws/ecr";
import * as pulumi from "@pulumi/pulumi";
import type { Plain, Repository } from "../../../common";
import type { Credentials, Registry } from "../registry";
import { lifecyclePolicy } from "./lifecycle-policy";
import { repositoryPolicy } from "./repository-policy";

/** Arguments of an {@link EcrRegistry}. */
export interface EcrRegistryArgs {
  /** The repository that images are pushed to or pulled from. A preview builds only for a tag that it knows. */
  readonly repository: Plain<Repository>;
  /** User and token of the registry. */
  readonly credentials: Credentials | undefined;
  /** Whether the docker-build plugin finds the credentials by itself. */
  readonly dockerLogin: Plain<boolean>;
  /** The repository to make; undefined to make none. */
  readonly make: Plain<MakeRepository | undefined>;
  /**
   * Numbers of the other account that the repository is in and of the one that pulls. Undefined if the repository is in
   * the account's own registry.
   */
  readonly promotion: Plain<{ readonly from: string; readonly to: string } | undefined>;
}

/** How a repository is made. */
interface MakeRepository {
  /** Name of the repository in the account's own registry. */
  readonly repository: Plain<string>;
  /** Whether Pulumi refuses to delete the repository. */
  readonly protect: Plain<boolean>;
  /** Whether the repository may be deleted with images in it. */
  readonly forceDelete: pulumi.Input<boolean>;
  /** Days after its push when ECR deletes an image; undefined for never. */
  readonly expireAfter: Plain<number | undefined>;
  /** ARN of the role that deletes images which no stack uses; undefined for none. */
  readonly cleaner?: Plain<string | undefined>;
  /** ARNs of those in other accounts who may pull. */
  readonly pullers: Plain<readonly string[]>;
}

/**
 * A repository in ECR, which this component makes or which exists, and a token for it. AWS tags come from the
 * provider's default tags (`aws:defaultTags`). No output holds the token. A repository that it makes stays if the stack
 * deploys an image from another account.
 */
export class EcrRegistry extends pulumi.ComponentResource implements Registry {
  /** `host/path` that images are pushed to or pulled from. */
  readonly repository: pulumi.Output<string>;
  /** Host of the registry. */
  readonly host: string;
  /** Base URL of its API. */
  readonly address: string;
  /** User and token; the token is a secret. */
  readonly credentials: Credentials | undefined;
  /** Whether the docker-build plugin finds them by itself. */
  readonly dockerLogin: boolean;
  /** What to do if another account's registry refuses to be read. */
  readonly refusalAdvice: string | undefined;

  constructor(name: string, args: EcrRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    const { repository: place, credentials, dockerLogin, make, promotion } = args;
    // The policy pack allows images from there.
    super("ping:index:EcrRegistry", name, promotion ? { promotedFrom: promotion.from } : {}, opts);
    this.host = place.host;
    this.address = `https://${place.host}`;
    this.credentials = credentials;
    this.dockerLogin = dockerLogin;
    this.refusalAdvice =
      promotion &&
      `If ECR refuses account ${promotion.to}, add it to registry.ecr.pullAccounts of the stack in account ` +
        `${promotion.from} that makes the repository, and run pulumi up there.`;

    if (make === undefined) {
      this.repository = pulumi.output(place.name);
    } else {
      const repository = new ecr.Repository(
        `${name}-repository`,
        {
          name: make.repository,
          imageTagMutability: "IMMUTABLE",
          imageScanningConfiguration: { scanOnPush: true },
          // The key is the account's own for ECR, aws/ecr. A repository's key can't change.
          encryptionConfigurations: [{ encryptionType: "KMS" }],
          forceDelete: make.forceDelete,
        },
        { parent: this, protect: make.protect },
      );
      const { expireAfter, cleaner, pullers } = make;
      const rules = { keepImages: expireAfter === undefined, cleaner, pullers };
      if (rules.keepImages || rules.pullers.length > 0) {
        new ecr.RepositoryPolicy(
          `${name}-policy`,
          { repository: repository.name, policy: JSON.stringify(repositoryPolicy(rules)) },
          { parent: this },
        );
      }
      if (make.expireAfter !== undefined) {
        // By default there is no lifecycle policy, because ECR doesn't know which images run or are needed for a
        // rollback. A stack that nobody touches for a year runs an old digest, so neither an age nor a count is safe. A
        // rule for untagged images isn't safe either: the manifests of an index's platforms have no tag. An index with
        // its platforms takes 6 MB.
        new ecr.LifecyclePolicy(
          `${name}-lifecycle`,
          { repository: repository.name, policy: JSON.stringify(lifecyclePolicy(make.expireAfter)) },
          { parent: this },
        );
      }
      // A preview knows this, and not yet the repositoryUrl of a repository to make. The docker-build provider skips
      // the preview's build if a tag is unknown.
      this.repository = repository.name.apply(() => place.name);
    }
    this.registerOutputs({ repository: this.repository });
  }
}
