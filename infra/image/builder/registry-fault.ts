import { get, isProxied, parseFamiliar, registryAddress } from "../../../common";
import type { Registry } from "../../registry";

/**
 * Says what to do about a build that failed at a registry. Undefined for any other failure, and where the error of the
 * build says enough.
 *
 * @param error What BuildKit says.
 * @param registry The one that the build pushes to.
 */
export async function registryFault(
  error: string,
  registry: Pick<Registry, "host" | "credentials">,
): Promise<string | undefined> {
  const place = placeOf(error, registry.host);
  if (place === undefined) {
    return undefined;
  }
  const { action, host } = place;
  if (/failed to do request: .*\bdial tcp\b/s.test(error)) {
    return networkFault(host);
  }
  if (!/\b(?:401 Unauthorized|403 Forbidden|no basic auth credentials|access denied|denied: )/.test(error)) {
    return undefined;
  }
  if (action === "pull") {
    return (
      `the registry ${host} refuses to hand out the image that the build starts from. ` +
      `Run docker login ${host} with a login that may read it.`
    );
  }
  return registry.credentials === undefined
    ? `the registry ${host} refuses the push, and nobody is logged in. ` +
        `Run docker login ${host}, or set registry.username and registry.password.`
    : `the registry ${host} refuses the push with this login. ` +
        `Run docker login ${host} with a login that may push to this repository, or choose another one in registry.`;
}

/** What a build wanted of a registry, and of which one. */
interface Place {
  readonly action: "push" | "pull";
  readonly host: string;
}

function placeOf(error: string, own: string): Place | undefined {
  if (/failed to push \S+: /.test(error)) {
    return { action: "push", host: own };
  }
  const [, image] = /failed to resolve source metadata for (\S+): /.exec(error) ?? [];
  const host = image && parseFamiliar(image)?.repository.host;
  if (host) {
    return { action: "pull", host };
  }
  // Of a registry that sends for a token, BuildKit names where the token comes from.
  const [, tokens] =
    /(?:fetch (?:anonymous|oauth) token|failed to authorize): .* request to (\S+): /s.exec(error) ?? [];
  if (tokens === undefined || !URL.canParse(tokens)) {
    return undefined;
  }
  const { host: server, searchParams } = new URL(tokens);
  const pushes = searchParams.getAll("scope").some((scope) => /:(?:\w+,)*push\b/.test(scope));
  return pushes ? { action: "push", host: own } : { action: "pull", host: searchParams.get("service") ?? server };
}

/** If this machine reaches the registry and the builder doesn't, the builder's network is at fault. */
async function networkFault(host: string): Promise<string | undefined> {
  const url = new URL("/v2/", registryAddress(host));
  if (isProxied(url, process.env) || typeof (await get(url)) !== "number") {
    return undefined;
  }
  const reached = `the builder doesn't reach the registry ${host}, and this machine does. `;
  return url.protocol === "http:"
    ? `${reached}In the builder's network, ${url.hostname} is the builder itself. ${hostNetwork}`
    : `${reached}Let the builder's network reach it, or name another builder in the config key builder.`;
}

/** How to get a builder that reaches a registry on this machine's loopback. */
export const hostNetwork =
  "Make a builder with this machine's network: docker buildx create --name NAME --driver-opt network=host. " +
  "Then choose it: pulumi config set builder NAME.";
