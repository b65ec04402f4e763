import type { ECR, Repository } from "@aws-sdk/client-ecr";
import { createHash } from "node:crypto";
import { type IncomingMessage, request as httpRequest, type RequestListener, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { messageOf } from "../../../infra/base";
import { account } from "./account";
import { actionOf, allows } from "./repository-access";
import { readToken } from "./token";

/** What the registry is made of. */
export interface RegistryParts {
  /** The control plane, which keeps the manifests. */
  readonly ecr: ECR;
  /** Signs the tokens that are accepted. */
  readonly tokenKey: Buffer;
  /** The loopback port of the registry that keeps the blobs. */
  readonly blobPort: number;
}

/** An answer in the form of the OCI distribution specification. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * ECR's registry API: HTTP basic authentication with an authorization token, manifests in the control plane, so that it
 * decides about tags and repositories as it does in AWS, and blobs in another registry. Another account does what the
 * repository's policy lets it do. What its own policies say isn't looked at: moto's control plane doesn't either.
 */
export function registryApi(parts: RegistryParts): RequestListener {
  return (request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, "UNKNOWN", String(error));
      if (refusal.status === 500) {
        console.error(`${request.method ?? ""} ${request.url ?? ""}: ${refusal.message}`);
      }
      const body = JSON.stringify({ errors: [{ code: refusal.code, message: refusal.message }] });
      const challenge =
        refusal.status === 401
          ? { "www-authenticate": `Basic realm="https://${account.registry}/",service="ecr.amazonaws.com"` }
          : {};
      response.writeHead(refusal.status, { "content-type": "application/json", ...challenge }).end(body);
    });
  };
}

async function answer(parts: RegistryParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = authenticate(request, parts.tokenKey);
  const { pathname } = new URL(request.url ?? "/", `https://${account.registry}`);
  if (pathname === "/v2/" || pathname === "/v2") {
    response.writeHead(200, { "docker-distribution-api-version": "registry/2.0" }).end();
    return;
  }
  const [, name, what, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(pathname) ?? [];
  if (name === undefined) {
    throw new Refusal(404, "UNSUPPORTED", `no such path: ${pathname}`);
  }
  const repository = await existing(parts.ecr, name);
  if (caller !== account.id) {
    await authorize(parts.ecr, repository, caller, actionOf(what ?? "", request.method ?? ""));
  }
  if (what === "blobs") {
    passOn(request, response, parts.blobPort);
  } else if (what === "manifests" && request.method === "PUT") {
    await putManifest(parts.ecr, repository, reference, request, response);
  } else if (what === "manifests" && ["GET", "HEAD"].includes(request.method ?? "")) {
    await getManifest(parts.ecr, name, reference, request, response);
  } else {
    throw new Refusal(405, "UNSUPPORTED", `${request.method ?? ""} of ${what} is not what ECR does`);
  }
}

/** The account that a request's token is of. */
function authenticate({ headers }: IncomingMessage, key: Buffer): string {
  const [, encoded = ""] = /^Basic (\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === "") {
    throw new Refusal(401, "UNAUTHORIZED", "Not Authorized");
  }
  const [username, password = ""] = Buffer.from(encoded, "base64").toString().split(":");
  const token = username === "AWS" ? readToken(password, key, Date.now()) : "invalid";
  if (token === "expired") {
    throw new Refusal(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  }
  if (token === "invalid") {
    throw new Refusal(403, "DENIED", "Your Authorization Token is invalid.");
  }
  return token.account;
}

async function authorize(
  ecr: ECR,
  { repositoryName, repositoryArn = "" }: Repository,
  caller: string,
  action: string,
): Promise<void> {
  const policy = await ecr.getRepositoryPolicy({ repositoryName }).catch((error: unknown) => {
    if (nameOf(error) === "RepositoryPolicyNotFoundException") {
      return undefined;
    }
    throw error;
  });
  if (!allows(policy?.policyText, caller, action)) {
    throw new Refusal(
      403,
      "DENIED",
      `User: arn:aws:iam::${caller}:root is not authorized to perform: ${action} on resource: ${repositoryArn} ` +
        `because no resource-based policy allows the ${action} action`,
    );
  }
}

async function existing(ecr: ECR, name: string): Promise<Repository> {
  try {
    const { repositories = [] } = await ecr.describeRepositories({ repositoryNames: [name] });
    return repositories[0] ?? {};
  } catch (error) {
    throw nameOf(error) === "RepositoryNotFoundException" ? new Refusal(404, "NAME_UNKNOWN", messageOf(error)) : error;
  }
}

async function putManifest(
  ecr: ECR,
  repository: Repository,
  reference: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { repositoryName = "" } = repository;
  const body = await buffer(request);
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const tag = reference.startsWith("sha256:") ? undefined : reference;
  if (tag === undefined && reference !== digest) {
    throw new Refusal(400, "DIGEST_INVALID", `the manifest's digest is ${digest}`);
  }
  const created = () => {
    const location = `/v2/${repositoryName}/manifests/${digest}`;
    response.writeHead(201, { location, "docker-content-digest": digest }).end();
  };
  // Without a tag, the same manifest again is nothing new; put_image would refuse it.
  if (tag === undefined && (await manifests(ecr, repositoryName, { imageDigest: digest })).length > 0) {
    created();
    return;
  }
  try {
    await ecr.putImage({
      repositoryName,
      imageManifest: body.toString(),
      imageManifestMediaType: request.headers["content-type"],
      imageTag: tag,
      imageDigest: digest,
    });
  } catch (error) {
    if (nameOf(error) !== "ImageAlreadyExistsException" && nameOf(error) !== "ImageTagAlreadyExistsException") {
      throw error;
    }
    // Where tags may move, the same manifest under the same tag again is nothing new either.
    const same = (await manifests(ecr, repositoryName, { imageTag: tag })).some((each) => each.digest === digest);
    if (!same || repository.imageTagMutability === "IMMUTABLE") {
      throw new Refusal(
        400,
        "TAG_INVALID",
        `The image tag '${tag ?? ""}' already exists in the '${repositoryName}' repository and cannot be overwritten ` +
          "because the tag is immutable.",
      );
    }
  }
  created();
  console.error(`pushed ${repositoryName}:${tag ?? digest}`);
}

async function getManifest(
  ecr: ECR,
  repository: string,
  reference: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = reference.startsWith("sha256:") ? { imageDigest: reference } : { imageTag: reference };
  const [found] = await manifests(ecr, repository, id);
  if (found === undefined) {
    throw new Refusal(404, "MANIFEST_UNKNOWN", "Requested image not found");
  }
  const headers = {
    "content-type": found.mediaType,
    "content-length": Buffer.byteLength(found.text),
    "docker-content-digest": found.digest,
  };
  response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : found.text);
}

async function manifests(
  ecr: ECR,
  repositoryName: string,
  id: { imageDigest?: string; imageTag?: string | undefined },
): Promise<{ digest: string; mediaType: string; text: string }[]> {
  const { images = [] } = await ecr.batchGetImage({ repositoryName, imageIds: [id] });
  return images.map((image) => ({
    digest: image.imageId?.imageDigest ?? "",
    mediaType: image.imageManifestMediaType ?? "",
    text: image.imageManifest ?? "",
  }));
}

/** The rest of the protocol, with all its uploads, is the other registry's. */
function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { authorization: _, ...headers } = request.headers;
  const outgoing = httpRequest(
    { host: "127.0.0.1", port, method: request.method, path: request.url, headers },
    (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.headers);
      incoming.pipe(response);
    },
  );
  outgoing.on("error", (error) => response.destroy(error));
  request.on("close", () => {
    if (!request.complete) {
      outgoing.destroy();
    }
  });
  request.pipe(outgoing);
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
