export { goMemoryLimit } from "./memory-limit";
export { architectureTolerations, nodeAffinity } from "./node-affinity";
export { portName, probes } from "./probes";
export { containerSecurityContext, podSecurityContext, restrictedNamespaceLabels } from "./security";
export { tmpAnnotations, tmpMount, tmpVolume } from "./tmp-volume";
