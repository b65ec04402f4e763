import type { EcrConfig, GithubConfig } from "../config";

/** Who signs the tokens of GitHub's jobs. */
export const issuer = "token.actions.githubusercontent.com";

/** What the roles may reach. */
export interface Targets {
  /** ARN of the one repository in ECR. */
  readonly repository: string;
  /** How the stack uses it. */
  readonly use: EcrConfig["use"];
  /** ARN of the EKS cluster, where there is one. */
  readonly cluster: string | undefined;
}

/**
 * Who GitHub says that a deploying job is. A job that uses an environment has that in its subject instead of its branch
 * (github/docs#28292), so an environment should let the right branches in only.
 */
export function deploySubjects({ repository, branch, environments }: GithubConfig): string[] {
  const branches = branch ?? (environments.length === 0 ? "main" : undefined);
  return [
    ...(branches === undefined ? [] : [`repo:${repository}:ref:refs/heads/${branches}`]),
    ...environments.map((environment) => `repo:${repository}:environment:${environment}`),
  ];
}

/** Pull requests, which come from the repository itself, since GitHub gives those from forks no token; and scheduled jobs. */
export function previewSubjects({ repository, branch = "main" }: GithubConfig): string[] {
  return [`repo:${repository}:pull_request`, `repo:${repository}:ref:refs/heads/${branch}`];
}

/** Lets the jobs with exactly these subjects take on a role. */
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

/** A token is the whole registry's: there is no resource to name (service authorization reference of ECR). */
const login = { Sid: "LogIn", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" };

/** What reading an index and its platforms' manifests and configurations takes. */
const reading = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/** What Docker's protocol needs to push, and to read back what was pushed (ECR user guide, "Pushing an image"). */
const pushing = [
  "ecr:CompleteLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:InitiateLayerUpload",
  "ecr:BatchCheckLayerAvailability",
  "ecr:PutImage",
  "ecr:BatchGetImage",
];

/** What the look-up of a repository reads. */
const describing = ["ecr:DescribeRepositories", "ecr:ListTagsForResource"];

function clusterStatement(cluster: string | undefined) {
  return cluster === undefined
    ? []
    : [{ Sid: "FindCluster", Effect: "Allow", Action: ["eks:DescribeCluster"], Resource: cluster }];
}

/**
 * What `pulumi up` of the service needs in AWS.
 *
 * @param shared Whether several of GitHub's environments use the role: one makes the repository, the others, those of pull
 * requests, look it up.
 */
export function deployPolicy({ repository, use, cluster }: Targets, shared: boolean) {
  return {
    Version: "2012-10-17",
    Statement: [
      login,
      use === "pull"
        ? { Sid: "Read", Effect: "Allow", Action: reading, Resource: repository }
        : { Sid: "Push", Effect: "Allow", Action: pushing, Resource: repository },
      ...(use === "adopt" || (use === "make" && shared)
        ? [{ Sid: "FindRepository", Effect: "Allow", Action: describing, Resource: repository }]
        : []),
      ...clusterStatement(cluster),
    ],
  };
}

/**
 * What `pulumi preview` needs, with `--refresh` too: it builds and pushes nothing, reads the deployed image's manifests,
 * and looks at what the stack has in AWS.
 *
 * @param made ARNs of what the stack has in IAM; the provider only where it is the stack's own.
 */
export function previewPolicy(
  { repository, use, cluster }: Targets,
  made: { readonly roles: readonly string[]; readonly provider: string | undefined },
) {
  const looking = { make: [...describing, "ecr:GetRepositoryPolicy"], adopt: describing, pull: [] }[use];
  return {
    Version: "2012-10-17",
    Statement: [
      login,
      { Sid: "Read", Effect: "Allow", Action: [...reading, ...looking], Resource: repository },
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
    ],
  };
}
