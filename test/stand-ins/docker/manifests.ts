import { at, objectAt, type Properties, textAt } from "../values";
import { parseReference } from "./reference";
import { readManifests, type RegistryAccess } from "./registry";

/** The one function that this plugin has. */
export const token = "docker:index/getRegistryImageManifests:getRegistryImageManifests";

/**
 * `getRegistryImageManifests` of `@pulumi/docker`: the images that a registry has under a name. `authConfig` falls
 * back on the entry of the provider's `registryAuth` with the same host. HTTPS is spoken unless the address that
 * matches says `http://`.
 */
export async function getRegistryImageManifests(
  args: Properties,
  registryAuth: readonly Properties[],
  signal: AbortSignal,
): Promise<Properties> {
  const name = textAt(args, "name");
  if (at(args, "insecureSkipVerify") === true) {
    throw new Error("insecureSkipVerify: the Docker stand-in always verifies certificates");
  }
  const reference = parseReference(name);
  const access = registryAccess(reference.registry, [objectAt(args, "authConfig"), ...registryAuth]);
  const manifests = await readManifests(access, reference, signal);
  return { ...args, id: textAt(args, "id") || name, manifests: manifests.map((manifest) => ({ ...manifest })) };
}

/** How to reach a registry, out of the credentials that name its host. */
export function registryAccess(host: string, credentials: readonly Properties[]): RegistryAccess {
  const found = credentials.find((entry) => hostOf(textAt(entry, "address")) === host) ?? {};
  const scheme = textAt(found, "address").startsWith("http://") ? "http" : "https";
  return {
    origin: `${scheme}://${host}`,
    username: textAt(found, "username") || undefined,
    password: textAt(found, "password") || undefined,
  };
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}
