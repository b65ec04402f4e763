/**
 * The policy of a repository whose images expire, also one that runs. It selects images without a tag too: an index's
 * platforms have none, and ECR deletes them only after their index.
 *
 * @param days How long after its push ECR deletes an image.
 */
export function lifecyclePolicy(days: number) {
  return {
    rules: [
      {
        rulePriority: 1,
        description: `Images go ${days} days after they were pushed`,
        selection: { tagStatus: "any", countType: "sinceImagePushed", countUnit: "days", countNumber: days },
        action: { type: "expire" },
      },
    ],
  };
}
