// Kubernetes' Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted

/** Labels that make a namespace refuse every pod that the restricted profile forbids. */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/enforce-version": "latest",
} as const;

/** The user and group `nonroot` of distroless images, as a number: the kubelet can't tell a named user from root. */
const nonRoot = 65532;

/** The restricted profile's fields of a pod. */
export const podSecurityContext = {
  runAsNonRoot: true,
  runAsUser: nonRoot,
  runAsGroup: nonRoot,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** The restricted profile's fields of a container, and a read-only root file system. */
export const containerSecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
