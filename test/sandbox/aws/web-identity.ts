import { decide } from "./policy-decision";

/** What of a job's token AWS compares: the claims of GitHub's OIDC provider that are texts. */
type Claims = Readonly<Record<string, string>>;

/** A token as GitHub gives it to a job. AWS here checks no signature: it's about what is claimed. */
export function jobToken(claims: Claims): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");
  return [part({ alg: "none" }), part(claims), ""].join(".");
}

/** What a token claims. */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString() || "{}") as Claims;
}

/** Whether a role's trust lets the bearer of a token with these claims take on the role. */
export function isTrusted(trust: string, claims: Claims, account: string): boolean {
  const issuer = (claims["iss"] ?? "").replace(/^https:\/\//, "");
  const wish = {
    action: "sts:AssumeRoleWithWebIdentity",
    resource: "*",
    principals: [`arn:aws:iam::${account}:oidc-provider/${issuer}`],
    context: Object.fromEntries(Object.entries(claims).map(([name, value]) => [`${issuer}:${name}`, value])),
  };
  return decide([trust], wish) === "allow";
}
