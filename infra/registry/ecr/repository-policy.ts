/** What the policy of a repository says. */
interface RepositoryRules {
  /** Whether images stay for as long as the repository does. */
  readonly keepImages: boolean;
  /** ARN of the one role that deletes images all the same, which no stack uses. Undefined if there is none. */
  readonly cleaner?: string | undefined;
  /** ARNs of those in other accounts who may pull. */
  readonly pullers: readonly string[];
}

/**
 * The repository's policy. If images stay, nobody deletes a single one, because it may be running. The repository can
 * still be deleted: Pulumi deletes the policy first. Someone who must delete an image deletes the policy first too. The one
 * exception is the role that deletes what no stack uses.
 *
 * Who pulls from another account needs the same actions in a policy of their own.
 */
export function repositoryPolicy({ keepImages, cleaner, pullers }: RepositoryRules) {
  const others = cleaner === undefined ? {} : { Condition: { ArnNotEquals: { "aws:PrincipalArn": cleaner } } };
  return {
    Version: "2012-10-17",
    Statement: [
      ...(keepImages
        ? [{ Sid: "KeepImages", Effect: "Deny", Principal: "*", Action: ["ecr:BatchDeleteImage"], ...others }]
        : []),
      ...(pullers.length > 0
        ? [
            {
              Sid: "Pull",
              Effect: "Allow",
              Principal: { AWS: pullers },
              // The actions of AWS's own policy AmazonEC2ContainerRegistryPullOnly.
              Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            },
          ]
        : []),
    ],
  };
}
