import { z } from "zod";
import { type Answer, messageOf, registryAddress, type Repository, request } from "../base";

/** A registry's user and password or token, in plain text. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** An index comes first, because a registry may have the manifest of one platform for clients that accept no index. */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * Asks a registry for the digest that a tag stands for.
 *
 * @param login Sent only if the registry asks for it. Undefined for a registry that anybody may read.
 * @throws Error that says what was asked and what came of it.
 */
export async function manifestDigest(
  { host, path }: Repository,
  tag: string,
  login: Login | undefined,
): Promise<string> {
  const url = new URL(`/v2/${path}/manifests/${tag}`, registryAddress(host));
  const first = await ask("HEAD", url, { accept });
  const authorization = first.status === 401 ? await authorize(first, login) : undefined;
  const { status, headers } = authorization === undefined ? first : await ask("HEAD", url, { accept, authorization });
  const digest = headers["docker-content-digest"];
  if (status !== 200 || typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(`HEAD ${url.href} gave ${status === 200 ? "no digest" : status}`);
  }
  return digest;
}

/**
 * What the registry's challenge asks for: a token, which many registries give to anybody, or the login itself.
 * Undefined if there is nothing to answer it with.
 */
async function authorize({ headers }: Answer, login: Login | undefined): Promise<string | undefined> {
  const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  const challenge = headers["www-authenticate"] ?? "";
  if (!/^Bearer /i.test(challenge)) {
    return basic;
  }
  const parts = [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value] as const);
  const { realm = "", ...query } = Object.fromEntries(parts);
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  // As for registries, plain HTTP is for the loopback alone: a login goes there.
  if (url === undefined || (url.protocol !== "https:" && url.origin !== registryAddress(url.host))) {
    throw new Error(`the registry sends for a token to ${JSON.stringify(realm)}, which isn't an https URL`);
  }
  for (const key of ["service", "scope"]) {
    if (query[key] !== undefined) {
      url.searchParams.set(key, query[key]);
    }
  }
  const { status, body } = await ask("GET", url, basic === undefined ? {} : { authorization: basic });
  const token = status === 200 ? tokenOf(body) : undefined;
  if (token === undefined) {
    throw new Error(`GET ${url.href} gave ${status === 200 ? "no token" : status}`);
  }
  return `Bearer ${token}`;
}

const tokens = z.object({ token: z.string().optional(), access_token: z.string().optional() });

function tokenOf(body: string): string | undefined {
  try {
    const { token, access_token } = tokens.parse(JSON.parse(body));
    return token ?? access_token;
  } catch {
    return undefined;
  }
}

async function ask(method: "GET" | "HEAD", url: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
  try {
    return await request(method, url, headers);
  } catch (error) {
    throw new Error(`${method} ${url.href} gave ${messageOf(error)}`);
  }
}
