/** A statement of a repository's policy, in the form in which the program writes it. */
interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal: "*" | { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
}

/** The action of ECR that a request of the registry's protocol needs. */
export function actionOf(what: string, method: string): string {
  if (what === "manifests") {
    return method === "PUT" ? "ecr:PutImage" : "ecr:BatchGetImage";
  }
  return (
    { GET: "ecr:GetDownloadUrlForLayer", HEAD: "ecr:BatchCheckLayerAvailability" }[method] ?? "ecr:InitiateLayerUpload"
  );
}

/** Whether a repository's policy lets another account do something, which may do nothing without a policy. */
export function allows(policy: string | undefined, account: string, action: string): boolean {
  const { Statement: statements } = JSON.parse(policy ?? '{"Statement":[]}') as { Statement: readonly Statement[] };
  const effects = statements
    .filter(
      ({ Principal: who, Action: actions }) =>
        actions.includes(action) && (who === "*" || who.AWS.includes(`arn:aws:iam::${account}:root`)),
    )
    .map(({ Effect: effect }) => effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}
