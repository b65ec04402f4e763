import type { ECR, Repository } from "@aws-sdk/client-ecr";
import { createHash } from "node:crypto";
import { type IncomingMessage, request as httpRequest, type RequestListener, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { messageOf } from "../../../common";
import { account, ecrRegistry, region } from "./addresses";
import type { Authorize } from "./authorization";
import type { Caller } from "./caller";
import { registryActions, type RegistryRequest } from "./registry-actions";
import { readToken } from "./token";

/** What the registry is made of. */
interface RegistryParts {
  /** The control plane, which keeps the manifests. */
  readonly ecr: ECR;
  readonly authorize: Authorize;
  /** Signs the tokens that are accepted. */
  readonly tokenKey: Buffer;
  /** The loopback port of the registry that keeps the blobs. */
  readonly blobPort: number;
  /** The first part of their repositories' names in that one. */
  readonly blobPrefix: string;
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
 * decides about tags and repositories as it does in AWS, and blobs in another registry. Each request needs the actions of ECR
 * that it stands for, of the role that the token was issued to.
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
          ? { "www-authenticate": `Basic realm="https://${ecrRegistry.host}/",service="ecr.amazonaws.com"` }
          : {};
      response.writeHead(refusal.status, { "content-type": "application/json", ...challenge }).end(body);
    });
  };
}

async function answer(parts: RegistryParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = authenticate(request, parts.tokenKey);
  const { pathname, searchParams } = new URL(request.url ?? "/", `https://${ecrRegistry.host}`);
  if (pathname === "/v2/" || pathname === "/v2") {
    response.writeHead(200, { "docker-distribution-api-version": "registry/2.0" }).end();
    return;
  }
  const [, name, kind, reference = ""] = /^\/v2\/(.+)\/(manifests|referrers|tags|blobs)\/(.*)$/.exec(pathname) ?? [];
  if (name === undefined) {
    throw new Refusal(404, "UNSUPPORTED", `no such path: ${pathname}`);
  }
  const { method = "", headers } = request;
  const asked: RegistryRequest = {
    method,
    kind: kind as RegistryRequest["kind"],
    reference,
    completes: searchParams.has("digest"),
    hasBody: headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0,
  };
  const arn = `arn:aws:ecr:${region}:${account}:repository/${name}`;
  for (const action of registryActions(asked)) {
    const why = await parts.authorize(caller, action, arn);
    if (why !== undefined) {
      throw new Refusal(403, "DENIED", why);
    }
  }
  const repository = await existing(parts.ecr, name);
  const reads = method === "GET" || method === "HEAD";
  if (kind === "blobs") {
    passOn(parts, name, request, response);
  } else if (kind === "manifests" && method === "PUT") {
    await putManifest(parts.ecr, repository, reference, request, response);
  } else if (kind === "manifests" && reads) {
    await getManifest(parts.ecr, name, reference, request, response);
  } else if (kind === "referrers" && reads) {
    answerJson(response, await referrers(parts.ecr, name, reference), indexType);
  } else if (kind === "tags" && reads) {
    const { imageIds = [] } = await parts.ecr.listImages({ repositoryName: name });
    answerJson(response, { name, tags: imageIds.flatMap(({ imageTag }) => imageTag ?? []) });
  } else {
    throw new Refusal(405, "UNSUPPORTED", `${method} of ${kind ?? ""} is not what ECR does`);
  }
}

const indexType = "application/vnd.oci.image.index.v1+json";

function answerJson(response: ServerResponse, content: object, type = "application/json"): void {
  response.writeHead(200, { "content-type": type }).end(JSON.stringify(content));
}

/** Whose token a request has. */
function authenticate({ headers }: IncomingMessage, key: Buffer): Caller {
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
  return token;
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
  const subject = (JSON.parse(body.toString()) as AttachedManifest).subject?.digest;
  const created = () => {
    const location = `/v2/${repositoryName}/manifests/${digest}`;
    // Without this header, a client lists what it attached in a tag.
    const attached = subject === undefined ? {} : { "oci-subject": subject };
    response.writeHead(201, { location, "docker-content-digest": digest, ...attached }).end();
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

/** A manifest, as far as it says what it is attached to. */
interface AttachedManifest {
  readonly artifactType?: string;
  readonly config?: { readonly mediaType: string };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: { readonly digest: string };
}

/** The index of what is attached to a manifest. */
async function referrers(ecr: ECR, repositoryName: string, digest: string) {
  const { imageIds = [] } = await ecr.listImages({ repositoryName });
  const found = await Promise.all(
    [...new Set(imageIds.map((each) => each.imageDigest ?? ""))].map((imageDigest) =>
      manifests(ecr, repositoryName, { imageDigest }),
    ),
  );
  const attached = found.flat().flatMap((each) => {
    const { subject, artifactType, config, annotations } = JSON.parse(each.text) as AttachedManifest;
    const { mediaType, text } = each;
    const size = Buffer.byteLength(text);
    const kind = artifactType ?? config?.mediaType;
    return subject?.digest === digest
      ? [{ mediaType, digest: each.digest, size, artifactType: kind, annotations }]
      : [];
  });
  return { schemaVersion: 2, mediaType: indexType, manifests: attached };
}

/** The rest of the protocol, with all its uploads, is the other registry's. */
function passOn(
  { blobPort, blobPrefix }: RegistryParts,
  repository: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { authorization: _, ...headers } = request.headers;
  const [ours, theirs] = [`/v2/${repository}/`, `/v2/${blobPrefix}/${repository}/`];
  const path = request.url?.replace(ours, theirs);
  const outgoing = httpRequest(
    { host: "127.0.0.1", port: blobPort, method: request.method, path, headers },
    (incoming) => {
      const location = incoming.headers.location?.replace(theirs, ours);
      response.writeHead(incoming.statusCode ?? 502, {
        ...incoming.headers,
        ...(location === undefined ? {} : { location }),
      });
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
