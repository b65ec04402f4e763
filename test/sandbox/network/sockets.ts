import { inSandboxDirectory } from "../ground/paths";

/** Sockets on disk, through which network namespaces reach each other: a path is the same in all of them. */
export const sockets = {
  buildkit: inSandboxDirectory("buildkitd.sock"),
  registry: inSandboxDirectory("registry.sock"),
  apiServer: inSandboxDirectory("apiserver.sock"),
  service: inSandboxDirectory("service.sock"),
} as const;

/** The files that daemons are configured by. */
export const files = {
  buildkitd: inSandboxDirectory("buildkitd.toml"),
  /** What the cluster has from its start. */
  objects: inSandboxDirectory("objects.json"),
  /** `host:port` of the Service that the machine's service port leads to; written once it is known. */
  serviceAddress: inSandboxDirectory("service-address"),
} as const;
