/**
 * The repository's policy: nobody deletes a single image, because it may be running. The repository can still be
 * deleted: Pulumi deletes the policy first. Someone who must delete an image deletes the policy first too.
 */
export function repositoryPolicy() {
  return {
    Version: "2012-10-17",
    Statement: [{ Sid: "KeepImages", Effect: "Deny", Principal: "*", Action: ["ecr:BatchDeleteImage"] }],
  };
}
