import type { RequestListener } from "node:http";
import { json } from "node:stream/consumers";

const prefix = "k8s-aws-v1.";

/** Milliseconds that a token may be old, as AWS's own authenticator has it. */
const oldest = 15 * 60 * 1000;

/**
 * The request for AWS's `GetCallerIdentity` that a token of `aws eks get-token` is, signed by whoever it was made for;
 * undefined for what is no token for this control plane, or too old. `now` is in milliseconds.
 */
export function identityRequest(token: string, controlPlane: string, now: number): URL | undefined {
  const text = Buffer.from(token.slice(prefix.length), "base64url").toString();
  if (!token.startsWith(prefix) || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  const [, day = "", time = ""] = /^(\d{8})T(\d{6})Z$/.exec(url.searchParams.get("X-Amz-Date") ?? "") ?? [];
  const signed = Date.parse(
    `${day.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`,
  );
  const asks =
    url.origin === controlPlane && url.pathname === "/" && url.searchParams.get("Action") === "GetCallerIdentity";
  return asks && Math.abs(now - signed) < oldest ? url : undefined;
}

/**
 * Kubernetes' `TokenReview` webhook: whoever AWS says that the token's caller is may do everything, as whoever made a
 * cluster of EKS may. moto checks no signature, so this is about the way of a token and not about its safety.
 */
export function tokenReview(controlPlane: string): RequestListener {
  return (request, response) => {
    const review = async () => {
      const { spec } = (await json(request)) as { spec: { token: string } };
      const arn = await callerOf(spec.token, controlPlane);
      const user = { username: arn, groups: ["system:masters"] };
      return arn === undefined ? { authenticated: false } : { authenticated: true, user };
    };
    review().then(
      (status) => {
        const answer = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  };
}

async function callerOf(token: string, controlPlane: string): Promise<string | undefined> {
  const url = identityRequest(token, controlPlane, Date.now());
  if (url === undefined) {
    return undefined;
  }
  // moto looks for the service that is asked in this header alone, and not in a signed URL's query.
  const authorization = `AWS4-HMAC-SHA256 Credential=${url.searchParams.get("X-Amz-Credential") ?? ""}`;
  const answer = await fetch(url, { headers: { authorization } });
  return answer.ok ? /arn:[^<"]+/.exec(await answer.text())?.[0] : undefined;
}
