import { Provider } from "@pulumi/docker/provider";

/**
 * A docker provider that talks to registries alone. Left to itself, the plugin connects to a container engine first, also
 * for a look-up in a registry, and fails where there is none.
 */
export function registryReader(): Provider {
  return new Provider("registry-reader", { host: "ssh://registry-only@localhost", disableDockerDaemonCheck: true });
}
