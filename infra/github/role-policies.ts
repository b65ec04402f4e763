import type { EcrConfig } from "../config";

/** What the roles may reach. */
export interface Targets {
  /** ARN of the one repository in ECR. */
  readonly repository: string;
  /** ARN of the repository of another account that an image comes from instead. */
  readonly elsewhere: string | undefined;
  /** How the stack uses it. */
  readonly config: EcrConfig;
  /** ARN of the EKS cluster. Undefined for another kind of cluster. */
  readonly cluster: string | undefined;
}

/** A token is for the whole registry, so there is no resource to name (ECR service authorization reference). */
const login = { Sid: "LogIn", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" };

/** Actions that read manifests: of an index, its platforms and what is attached to it (ECR API reference, ListImageReferrers). */
const readingManifests = ["ecr:BatchGetImage"];

/** Actions that read layers as well. cosign reads attestations, which are layers, and syft reads the image's own. */
const reading = [...readingManifests, "ecr:GetDownloadUrlForLayer"];

/** Actions that push an image and read it back (ECR user guide, "Pushing an image"), for attestations too. */
const pushing = [
  "ecr:CompleteLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:InitiateLayerUpload",
  "ecr:BatchCheckLayerAvailability",
  "ecr:PutImage",
  ...reading,
];

/** Actions that refresh what a stack has in ECR: the repository that it makes, and the policies that the config gives it. */
function refreshing(config: EcrConfig) {
  if (config.use !== "make") {
    return [];
  }
  const { expireAfter, pullAccounts } = config;
  return [
    "ecr:DescribeRepositories",
    "ecr:ListTagsForResource",
    ...(expireAfter === undefined || pullAccounts.length > 0 ? ["ecr:GetRepositoryPolicy"] : []),
    ...(expireAfter === undefined ? [] : ["ecr:GetLifecyclePolicy"]),
  ];
}

/** Lets a role read the repository of another account, which has to allow it too. */
function elsewhereStatement(repository: string | undefined, actions: readonly string[]) {
  return repository === undefined
    ? []
    : [{ Sid: "ReadElsewhere", Effect: "Allow", Action: actions, Resource: repository }];
}

function clusterStatement(cluster: string | undefined) {
  return cluster === undefined
    ? []
    : [{ Sid: "FindCluster", Effect: "Allow", Action: ["eks:DescribeCluster"], Resource: cluster }];
}

/**
 * What jobs need in AWS that release the service, attest its image and verify it. They change nothing else in AWS. A role
 * may also deploy stacks that adopt the repository which its own stack makes: those of pull requests do.
 */
export function deployPolicy({ repository, elsewhere, config, cluster }: Targets) {
  return {
    Version: "2012-10-17",
    Statement: [
      login,
      config.use === "pull"
        ? { Sid: "Read", Effect: "Allow", Action: reading, Resource: repository }
        : { Sid: "Push", Effect: "Allow", Action: pushing, Resource: repository },
      ...elsewhereStatement(elsewhere, reading),
      ...clusterStatement(cluster),
    ],
  };
}

/**
 * What jobs need in AWS that delete images which no stack uses (delivery/cli/clean.ts). They push nothing, read no layer and
 * change nothing else. The stacks' state tells them what is used.
 */
export function cleanPolicy({ repository }: Pick<Targets, "repository">) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Clean",
        Effect: "Allow",
        Action: ["ecr:DescribeImages", ...readingManifests, "ecr:GetRepositoryPolicy", "ecr:BatchDeleteImage"],
        Resource: repository,
      },
    ],
  };
}

/**
 * What `pulumi preview` needs, also with `--refresh`. It pushes nothing. It reads the deployed image's manifests and
 * the stack's resources in AWS.
 *
 * @param made ARNs of the stack's resources in IAM and EKS. `provider` is undefined if the stack adopts it, `association`
 * if the pods have no role.
 */
export function previewPolicy(
  { repository, elsewhere, config, cluster }: Targets,
  made: {
    readonly roles: readonly string[];
    readonly provider: string | undefined;
    readonly association: string | undefined;
  },
) {
  return {
    Version: "2012-10-17",
    Statement: [
      login,
      { Sid: "Read", Effect: "Allow", Action: [...readingManifests, ...refreshing(config)], Resource: repository },
      ...elsewhereStatement(elsewhere, readingManifests),
      ...clusterStatement(cluster),
      {
        Sid: "ReadRoles",
        Effect: "Allow",
        Action: ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"],
        Resource: made.roles,
      },
      ...(made.provider === undefined
        ? []
        : [
            {
              Sid: "ReadProvider",
              Effect: "Allow",
              Action: ["iam:GetOpenIDConnectProvider"],
              Resource: made.provider,
            },
          ]),
      ...(made.association === undefined
        ? []
        : [
            {
              Sid: "ReadPodIdentity",
              Effect: "Allow",
              Action: ["eks:DescribePodIdentityAssociation"],
              Resource: made.association,
            },
          ]),
    ],
  };
}
