/** A request of the registry's protocol. */
export interface RegistryRequest {
  readonly method: string;
  readonly kind: "manifests" | "referrers" | "tags" | "blobs";
  /** What follows the kind in the path: a tag or digest, or `uploads/…`. */
  readonly reference: string;
  /** Whether the request's query names the digest of an upload that it completes. */
  readonly completes: boolean;
  /** Whether the request has a body. */
  readonly hasBody: boolean;
}

/** The actions of ECR that a request needs (ECR user guide, "Required IAM permissions"). */
export function registryActions({ method, kind, reference, completes, hasBody }: RegistryRequest): string[] {
  const reads = method === "GET" || method === "HEAD";
  if (kind === "manifests") {
    return [{ PUT: "ecr:PutImage", DELETE: "ecr:BatchDeleteImage" }[method] ?? "ecr:BatchGetImage"];
  }
  if (kind === "referrers") {
    return ["ecr:BatchGetImage"];
  }
  if (kind === "tags") {
    return ["ecr:ListImages"];
  }
  if (reads && !reference.startsWith("uploads/")) {
    return [method === "HEAD" ? "ecr:BatchCheckLayerAvailability" : "ecr:GetDownloadUrlForLayer"];
  }
  return [
    ...(method === "POST" ? ["ecr:InitiateLayerUpload"] : []),
    // A client may send the layer with the request that completes its upload, as BuildKit does.
    ...(hasBody ? ["ecr:UploadLayerPart"] : []),
    ...(completes ? ["ecr:CompleteLayerUpload"] : []),
  ];
}
