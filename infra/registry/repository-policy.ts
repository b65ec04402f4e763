/**
 * Who may do what, beyond what IAM lets the account's own identities do: nobody, whatever they may elsewhere, deletes a
 * single image, since it may be one that runs. The repository itself can be deleted, and with it this policy, which goes
 * first; so can the policy, by whoever must get rid of an image.
 */
export function repositoryPolicy() {
  return {
    Version: "2012-10-17",
    Statement: [{ Sid: "KeepImages", Effect: "Deny", Principal: "*", Action: ["ecr:BatchDeleteImage"] }],
  };
}
