import { inRun } from "../ground/paths";

/** Sockets on disk, through which network namespaces reach each other: a path is the same in all of them. */
export const sockets = {
  buildkit: inRun("buildkitd.sock"),
  registry: inRun("registry.sock"),
  apiServer: inRun("apiserver.sock"),
  service: inRun("service.sock"),
} as const;

/** The files that daemons are configured by. */
export const files = {
  buildkitd: inRun("buildkitd.toml"),
  /** What the cluster has from its start. */
  objects: inRun("objects.json"),
  /** `host:port` of the Service that {@link ports}.service leads to; written once it is known. */
  serviceAddress: inRun("service-address"),
} as const;
