/**
 * What the kubelet asks for a registry's credentials, with Kubernetes' `CredentialProviderRequest` on standard input, as
 * ECR's own credential provider on a node of EKS.
 */
import { request } from "node:http";
import { json } from "node:stream/consumers";
import { awsSockets, region } from "./addresses";

/** ECR's JSON protocol by hand: the client of the SDK has no way to a socket on disk. */
async function getAuthorizationToken(): Promise<string> {
  const scope = `sandbox/${new Date().toISOString().slice(0, 10).replaceAll("-", "")}/${region}/ecr/aws4_request`;
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
  };
  const response = await new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
    const options = { socketPath: awsSockets.controlPlane, method: "POST", path: "/", headers };
    request(options, resolve).on("error", reject).end("{}");
  });
  const { authorizationData } = (await json(response)) as { authorizationData: { authorizationToken: string }[] };
  return authorizationData[0]?.authorizationToken ?? "";
}

async function main(): Promise<void> {
  const { image } = (await json(process.stdin)) as { image: string };
  const [username, password] = Buffer.from(await getAuthorizationToken(), "base64")
    .toString()
    .split(":");
  const answer = {
    apiVersion: "credentialprovider.kubelet.k8s.io/v1",
    kind: "CredentialProviderResponse",
    cacheKeyType: "Image",
    // A token of its own for each pull: some tests are about tokens that expire.
    cacheDuration: "0s",
    auth: { [image.split("/")[0] ?? ""]: { username, password } },
  };
  process.stdout.write(JSON.stringify(answer));
}

void main();
