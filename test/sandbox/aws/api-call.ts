/** A request to AWS's API, as IAM sees it. */
interface ApiCall {
  /** `service:Name`. */
  readonly action: string;
  /** ARNs of what it is done to, each of which must be allowed, or `*`. */
  readonly resources: readonly string[];
}

/** A request to one of the services, as it came. */
export interface ApiRequest {
  /** By the signature, such as `ecr`. */
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly method: string;
  readonly url: URL;
  /** Of the header `x-amz-target`, by which services with JSON name their operations. */
  readonly target: string | undefined;
  readonly body: string;
}

const services: Readonly<Record<string, (request: ApiRequest) => ApiCall | undefined>> = {
  ecr,
  iam: query,
  sts: query,
  eks,
};

/**
 * What a request needs, by the service authorization reference of AWS.
 *
 * @throws Error for a request that the sandbox's AWS doesn't know.
 */
export function apiCall(request: ApiRequest): ApiCall {
  const known = services[request.service]?.(request);
  if (known === undefined) {
    const { service, method, url } = request;
    throw new Error(`the sandbox's AWS doesn't know which action ${service}: ${method} ${url.pathname} needs`);
  }
  return known;
}

function ecr({ target, body, region, account }: ApiRequest): ApiCall | undefined {
  const name = target?.split(".").at(-1);
  const { repositoryName, repositoryNames, resourceArn } = JSON.parse(body || "{}") as {
    repositoryName?: string;
    repositoryNames?: string[];
    resourceArn?: string;
  };
  const repositories = repositoryNames ?? (repositoryName === undefined ? [] : [repositoryName]);
  const arns = repositories.map((each) => `arn:aws:ecr:${region}:${account}:repository/${each}`);
  const resources = resourceArn === undefined ? arns : [resourceArn];
  return name === undefined
    ? undefined
    : { action: `ecr:${name}`, resources: resources.length > 0 ? resources : ["*"] };
}

function query({ service, url, body, account }: ApiRequest): ApiCall | undefined {
  const parameters = new URLSearchParams(body || url.search);
  const [name, role] = [parameters.get("Action"), parameters.get("RoleName")];
  const arn = parameters.get("OpenIDConnectProviderArn") ?? parameters.get("RoleArn");
  const resource = arn ?? (role === null ? "*" : `arn:aws:iam::${account}:role/${role}`);
  return name === null ? undefined : { action: `${service}:${name}`, resources: [resource] };
}

function eks({ method, url, region, account }: ApiRequest): ApiCall | undefined {
  const path = decodeURIComponent(url.pathname);
  const [, tagged] = /^\/tags\/(.+)$/.exec(path) ?? [];
  if (tagged !== undefined) {
    const name = { POST: "TagResource", DELETE: "UntagResource", GET: "ListTagsForResource" }[method];
    return name === undefined ? undefined : { action: `eks:${name}`, resources: [tagged] };
  }
  const [, cluster, associations, association] =
    /^\/clusters(?:\/([^/]+))?(\/pod-identity-associations)?(?:\/([^/]+))?$/.exec(path) ?? [];
  const verb = { GET: "Describe", POST: "Update", DELETE: "Delete" }[method];
  const arn = (kind: string, name: string) => `arn:aws:eks:${region}:${account}:${kind}/${name}`;
  if (cluster === undefined) {
    const name = { GET: "ListClusters", POST: "CreateCluster" }[method];
    return name === undefined ? undefined : { action: `eks:${name}`, resources: ["*"] };
  }
  if (association !== undefined) {
    const resources = [arn("podidentityassociation", `${cluster}/${association}`)];
    return verb === undefined ? undefined : { action: `eks:${verb}PodIdentityAssociation`, resources };
  }
  const resources = [arn("cluster", cluster)];
  const name =
    associations === undefined
      ? { GET: "DescribeCluster", DELETE: "DeleteCluster" }[method]
      : { GET: "ListPodIdentityAssociations", POST: "CreatePodIdentityAssociation" }[method];
  return name === undefined ? undefined : { action: `eks:${name}`, resources };
}
