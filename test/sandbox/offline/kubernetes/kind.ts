/** A kind of object of the Kubernetes API. */
export interface Kind {
  /** Group and version, such as `apps/v1`, or `v1` for the core group. */
  readonly apiVersion: string;
  /** Such as `Deployment`. */
  readonly kind: string;
}

/** Where a kind's objects are found. */
export interface ResourcePath {
  /** The plural in URLs, such as `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Type tokens that the SDK knows but that stand for something else than one object. */
const composite = /^kubernetes:(yaml|helm\.sh|kustomize|apiextensions\.k8s\.io\/v1:CustomResourcePatch)|(Patch|List)$/;

/** The built-in kinds that need no discovery, so that a preview without changes asks the API server nothing. */
const builtIn: Readonly<Record<string, { namespaced?: readonly string[]; cluster?: readonly string[] }>> = {
  v1: {
    namespaced: [
      ...["ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "ReplicationController"],
      ...["ResourceQuota", "Secret", "Service", "ServiceAccount"],
    ],
    cluster: ["Namespace", "Node", "PersistentVolume"],
  },
  "apps/v1": { namespaced: ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"] },
  "autoscaling/v2": { namespaced: ["HorizontalPodAutoscaler"] },
  "batch/v1": { namespaced: ["CronJob", "Job"] },
  "discovery.k8s.io/v1": { namespaced: ["EndpointSlice"] },
  "networking.k8s.io/v1": { namespaced: ["Ingress", "NetworkPolicy"], cluster: ["IngressClass"] },
  "policy/v1": { namespaced: ["PodDisruptionBudget"] },
  "rbac.authorization.k8s.io/v1": {
    namespaced: ["Role", "RoleBinding"],
    cluster: ["ClusterRole", "ClusterRoleBinding"],
  },
  "scheduling.k8s.io/v1": { cluster: ["PriorityClass"] },
  "storage.k8s.io/v1": { cluster: ["StorageClass"] },
};

/**
 * The kind behind a type token such as `kubernetes:apps/v1:Deployment`; the core group is `core/v1` there. Lists,
 * patches, charts and YAML files are refused: they belong to the real provider.
 */
export function parseType(type: string): Kind {
  const [, groupVersion = "", kind = ""] = type.split(":");
  if (kind === "" || composite.test(type)) {
    throw new Error(`the offline Kubernetes provider doesn't do ${type}, only single objects`);
  }
  return { apiVersion: groupVersion.replace(/^core\//, ""), kind };
}

/** The path of a built-in kind, or undefined where the API server has to be asked. */
export function builtInPath({ apiVersion, kind }: Kind): ResourcePath | undefined {
  const known = builtIn[apiVersion];
  const namespaced = known?.namespaced?.includes(kind) ?? false;
  return namespaced || known?.cluster?.includes(kind) ? { plural: pluralOf(kind), namespaced } : undefined;
}

/** The URL path under which a group and version is served. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith("endpoints")) {
    return name;
  }
  return name.endsWith("y") ? `${name.slice(0, -1)}ies` : `${name}${/(s|ch|sh|x)$/.test(name) ? "es" : "s"}`;
}
