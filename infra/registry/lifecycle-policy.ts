export const cacheTags = "cache-*";

/**
 * What ECR deletes by itself: build caches, two weeks after they were pushed, and nothing else.
 *
 * Nothing says which images run, or will after a rollback: a stack that isn't touched for a year runs an old digest, so
 * neither a count nor an age is safe for what a build tags. Neither is a rule for untagged images: the manifests of an
 * index's platforms are untagged, and so is an index that somebody pushed by digest alone. All of it is small, an index
 * with its platforms takes 6 MB.
 */
export function lifecyclePolicy() {
  return {
    rules: [
      {
        rulePriority: 1,
        description: "Build caches go two weeks after they were pushed; images stay",
        selection: {
          tagStatus: "tagged",
          tagPatternList: [cacheTags],
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: 14,
        },
        action: { type: "expire" },
      },
    ],
  };
}
