import type { EcrConfig, GithubConfig } from "../config";

/** The issuer that signs the tokens of GitHub's jobs. */
export const issuer = "token.actions.githubusercontent.com";

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

/**
 * Subjects of the tokens of jobs that deploy. A job in an environment has the environment in its subject instead of its
 * branch (github/docs#28292), so the environment itself must restrict the branches.
 */
export function deploySubjects({ repository, branch, environments }: GithubConfig): string[] {
  const branches = branch ?? (environments.length === 0 ? "main" : undefined);
  return [
    ...(branches === undefined ? [] : [`repo:${repository}:ref:refs/heads/${branches}`]),
    ...environments.map((environment) => `repo:${repository}:environment:${environment}`),
  ];
}

/** The GitHub environment of jobs that preview or look for drift (preview.yml, drift.yml). */
const previewEnvironment = "preview";

/**
 * Subjects of the tokens of jobs that preview. Any other job of a pull request or of the branch has another subject, so
 * the environment's rules decide who reads what the role may read.
 */
export function previewSubjects({ repository }: GithubConfig): string[] {
  return [`repo:${repository}:environment:${previewEnvironment}`];
}

/** Lets jobs with exactly these subjects assume a role. */
export function trustPolicy(provider: string, subjects: readonly string[]) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: provider },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: subjects } },
      },
    ],
  };
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
