import { at, type Properties } from "../values";
import { isAutonamed } from "./autoname";
import type { Change, PropertyPath } from "../diff";
import type { Kind } from "./kind";

/** Settings of the provider that turn replacements into updates. */
export interface Mutability {
  readonly configMaps: boolean;
  readonly secrets: boolean;
}

interface Rule {
  /** Paths whose change needs a new object; `*` stands for any one step. */
  readonly immutable: readonly string[];
  /** Paths below those that can be changed after all. */
  readonly except?: readonly string[];
}

const always = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];

/**
 * The fields that the API server or the real provider does not change in place: `forceNewProperties` in
 * pulumi-kubernetes' provider/pkg/provider/diff.go, and the immutability rules in the API reference.
 */
const rules: Readonly<Record<string, Rule>> = {
  "v1/ConfigMap": { immutable: ["data", "binaryData"] },
  "v1/Secret": { immutable: ["type", "data", "stringData"] },
  "v1/Service": { immutable: ["spec.clusterIP", "spec.type"] },
  "v1/PersistentVolumeClaim": { immutable: ["spec"], except: ["spec.resources"] },
  "v1/Pod": {
    immutable: ["spec"],
    except: [
      "spec.activeDeadlineSeconds",
      "spec.containers.*.image",
      "spec.initContainers.*.image",
      "spec.tolerations",
    ],
  },
  "v1/ResourceQuota": { immutable: ["spec.scopes"] },
  "apps/v1/DaemonSet": { immutable: ["spec.selector"] },
  "apps/v1/Deployment": { immutable: ["spec.selector"] },
  "apps/v1/ReplicaSet": { immutable: ["spec.selector"] },
  "apps/v1/StatefulSet": {
    immutable: ["spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"],
  },
  "batch/v1/Job": { immutable: ["spec.completionMode", "spec.selector", "spec.template"] },
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": { immutable: ["roleRef"] },
  "rbac.authorization.k8s.io/v1/RoleBinding": { immutable: ["roleRef"] },
  "storage.k8s.io/v1/StorageClass": { immutable: ["parameters", "provisioner"] },
};

/** Whether a change needs a new object. */
export function needsReplacement({ apiVersion, kind }: Kind, { path }: Change, mutability: Mutability): boolean {
  if (always.some((pattern) => isUnder(path, pattern))) {
    return true;
  }
  if ((kind === "ConfigMap" && mutability.configMaps) || (kind === "Secret" && mutability.secrets)) {
    return false;
  }
  const rule = rules[`${apiVersion}/${kind}`];
  const immutable = rule?.immutable.some((pattern) => isUnder(path, pattern)) ?? false;
  return immutable && !(rule?.except?.some((pattern) => isUnder(path, pattern)) ?? false);
}

/** Whether the old object has to go first, because the new one takes its name. */
export function mustDeleteFirst(olds: Properties, news: Properties): boolean {
  const same = (key: string) => at(olds, "metadata", key) === at(news, "metadata", key);
  return !isAutonamed(news) && same("name") && same("namespace");
}

function isUnder(path: PropertyPath, pattern: string): boolean {
  return pattern.split(".").every((step, index) => index < path.length && (step === "*" || step === path[index]));
}
