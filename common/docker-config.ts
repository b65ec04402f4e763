import { z } from "zod";
import type { Login } from "./registry-api";

const entry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

const auths = z.record(z.string(), entry).nullish();

/** What Docker's `config.json` says of logins. */
export const dockerConfig = z.object({
  auths,
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

/** What the variable DOCKER_AUTH_CONFIG says, which comes before the file. */
export const dockerAuthConfig = z.object({ auths });

/** Where a registry's login is: in the config itself, or with a credential helper. */
type LoginPlace =
  | { readonly kind: "config"; readonly login: Login | undefined }
  | {
      readonly kind: "helper";
      /** Name after `docker-credential-`. */
      readonly helper: string;
      /** What the helper knows the login by. Undefined for a store, whose list says it. */
      readonly key: string | undefined;
    };

/** Finds where Docker's CLI has a registry's login. A helper of the registry's own hides every login in the file. */
export function loginPlace(
  variable: z.infer<typeof dockerAuthConfig>,
  file: z.infer<typeof dockerConfig>,
  host: string,
): LoginPlace {
  const [, first] = findEntry(variable.auths, host) ?? [];
  if (first !== undefined) {
    return { kind: "config", login: loginOf(first) };
  }
  const [key, helper] = findEntry(file.credHelpers, host) ?? [];
  if (helper !== undefined) {
    return { kind: "helper", helper, key };
  }
  if (file.credsStore) {
    return { kind: "helper", helper: file.credsStore, key: undefined };
  }
  const [, last] = findEntry(file.auths, host) ?? [];
  return { kind: "config", login: last && loginOf(last) };
}

/**
 * The entry of a registry, with its key: by the host itself, or by an older key with a scheme or a path. Docker Hub's
 * has a name of its own.
 */
export function findEntry<T>(
  entries: Readonly<Record<string, T>> | null | undefined,
  host: string,
): readonly [string, T] | undefined {
  const wanted = host === "docker.io" ? "https://index.docker.io/v1/" : host;
  const all = Object.entries(entries ?? {});
  return (
    all.find(([key]) => key === wanted) ??
    all.find(([key]) => key.replace(/^[a-z]+:\/\//i, "").replace(/\/.*$/, "") === wanted)
  );
}

/**
 * The login with an identity token, which has no user. Where a client can send nothing but a user and a password, Azure's
 * registries know this user for it.
 */
export function tokenLogin(token: string): Login {
  return { username: "00000000-0000-0000-0000-000000000000", password: token, identityToken: true };
}

/** The login of an entry. Undefined for an entry that only marks a login elsewhere. */
function loginOf({ auth, identitytoken, ...given }: z.infer<typeof entry>): Login | undefined {
  if (identitytoken) {
    return tokenLogin(identitytoken);
  }
  const [username = "", ...rest] = auth ? Buffer.from(auth, "base64").toString().split(":") : [given.username];
  const password = auth ? rest.join(":").replace(/^\0+|\0+$/g, "") : (given.password ?? "");
  return username === "" || password === "" ? undefined : { username, password };
}
