// Kubernetes' Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted

/** Labels with which a namespace refuses every pod that the restricted profile forbids. */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/enforce-version": "latest",
} as const;

/** The user and group that distroless images call `nonroot`; numeric, or the kubelet couldn't tell it from root. */
const nonRoot = 65532;

/** The restricted profile's part for a whole pod. */
export const podSecurityContext = {
  runAsNonRoot: true,
  runAsUser: nonRoot,
  runAsGroup: nonRoot,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** The restricted profile's part for a container, and a root file system that nothing can write to. */
export const containerSecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
