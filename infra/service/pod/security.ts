import type * as pulumi from "@pulumi/pulumi";
import type { User } from "../../image";

// Kubernetes' Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted

/** Labels that make a namespace refuse every pod that the restricted profile forbids. */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/enforce-version": "latest",
} as const;

/** The restricted profile's fields of a pod. */
export function podSecurityContext(user: pulumi.Output<User>) {
  return {
    runAsNonRoot: true,
    runAsUser: user.uid,
    runAsGroup: user.gid,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** The restricted profile's fields of a container, and a read-only root file system. */
export const containerSecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
