import { Provider } from "@pulumi/docker/provider";

/**
 * A docker provider that contacts only registries. By default the provider first connects to a container engine, and
 * fails on a machine without one.
 */
export function registryReader(): Provider {
  return new Provider("registry-reader", { host: "ssh://registry-only@localhost", disableDockerDaemonCheck: true });
}
