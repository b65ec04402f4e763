import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The root of this checkout. */
export const checkout = resolve(__dirname, "../../..");

/** Everything the sandbox keeps; outside the checkout, so that clones share it (XDG Base Directory Specification). */
export const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ping-sandbox");

/** What lives exactly as long as the sandbox: cluster, registry, Pulumi state, logs. */
export const sandboxDirectory = join(cache, "run");

/** A path below {@link sandboxDirectory}. */
export const inSandboxDirectory = (...parts: string[]): string => join(sandboxDirectory, ...parts);

/** Outlives the sandbox, as a developer's build cache does: an edit after a restart still rebuilds in a second. */
export const buildkitRoot = join(cache, "buildkit");

/** Outlives the sandbox: the Pulumi plugins that could be downloaded. */
export const pulumiHome = join(cache, "pulumi");

/** The loopback ports of the host that the sandbox takes. Stack files name the registry's. */
export const ports = { registry: 15000, apiServer: 16443, service: 18080 } as const;

/** The admin's kubeconfig; its one context is called `sandbox`. */
export const kubeconfig = inSandboxDirectory("kubeconfig");
