import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { messageOf } from "./failure";
import { registryAddress, type Repository } from "./image-reference";
import { type Answer, type Method, request, requestAndRead } from "./request";

/** A registry's user and password or token, in plain text. */
export interface Login {
  readonly username: string;
  readonly password: string;
  /** Whether the password is an identity token, which a registry's server of tokens takes in place of a user and a password. */
  readonly identityToken?: boolean;
}

/** What went wrong with a registry. The message says what was asked and what came of it. */
export class RegistryError extends Error {
  constructor(
    message: string,
    /** Status of the answer, or of the server that gives the registry's tokens. Undefined if there is no answer. */
    readonly status?: number,
    /** The first of the answer's error codes, such as `NAME_UNKNOWN`. An answer to HEAD has none. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** An index comes first, because a registry may have the manifest of one platform for clients that accept no index. */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Milliseconds until a whole manifest must be there, and a blob, which may be hundreds of megabytes. */
const patience = { manifest: 10_000, blob: 300_000 };

/**
 * Asks a registry for a manifest, a blob, a repository's tags or what refers to a manifest, or to delete a manifest, by the API of
 * github.com/opencontainers/distribution-spec.
 *
 * @param login Sent only if the registry asks for it. Undefined for a registry that anybody may read.
 * @param read Makes something of the body of the answer 200 (202 to a deletion), such as `text` of node:stream/consumers. It
 * may stop before the body's end, which ends the transfer.
 * @returns That answer.
 * @throws RegistryError for any other answer, and for none.
 */
export async function askRegistry<Body>(
  method: Method,
  { host, path }: Repository,
  what: `manifests/${string}` | `blobs/${string}` | `referrers/${string}` | `tags/list${string}`,
  login: Login | undefined,
  read: (body: IncomingMessage) => Promise<Body>,
): Promise<Answer<Body>> {
  const headers: Question["headers"] = what.startsWith("manifests/") ? { accept } : {};
  const until = patience[what.startsWith("blobs/") ? "blob" : "manifest"];
  return ask({ method, host, path: `${path}/${what}`, headers, patience: until, login }, read);
}

/**
 * Puts a manifest that the registry has by digest under a tag.
 *
 * @throws RegistryError if the registry doesn't take it, such as for an immutable tag that exists.
 */
export async function putManifest(
  { host, path }: Repository,
  tag: string,
  { type, content }: { readonly type: string; readonly content: Buffer },
  login: Login | undefined,
): Promise<void> {
  const headers = { "content-type": type };
  const question = { method: "PUT", host, path: `${path}/manifests/${tag}`, headers, content, login } as const;
  await ask({ ...question, patience: patience.manifest }, text);
}

/**
 * Asks a registry whether it takes a login, with `GET /v2/`.
 *
 * @param login Undefined to ask what anybody may.
 * @throws RegistryError with the status 401 or 403 if not, and with another one or none if it doesn't say.
 */
export async function tryLogin(host: string, login: Login | undefined): Promise<void> {
  await ask({ method: "GET", host, path: "", headers: {}, patience: patience.manifest, login }, text);
}

/**
 * Whether a registry lets a login push, as far as the token says that it gives for that. True if the registry doesn't say.
 *
 * @param login Undefined to ask what anybody may.
 */
export async function mayPush({ host, path }: Repository, login: Login | undefined): Promise<boolean> {
  try {
    const { status, headers } = await request("GET", new URL("/v2/", registryAddress(host)));
    const authorization = status === 401 ? await authorize(headers, login, `repository:${path}:pull,push`) : undefined;
    const [, claims = ""] = authorization?.replace(/^Bearer /, "").split(".") ?? [];
    const { access } = parse(granted, Buffer.from(claims, "base64url").toString()) ?? {};
    return (
      access?.some(({ name, actions }) => name === path && (actions.includes("push") || actions.includes("*"))) ?? true
    );
  } catch (error) {
    return !(error instanceof RegistryError && (error.status === 401 || error.status === 403));
  }
}

/** What a token says that it lets its bearer do: https://distribution.github.io/distribution/spec/auth/jwt. */
const granted = z.object({ access: z.array(z.object({ name: z.string(), actions: z.array(z.string()) })) });

interface Question {
  readonly method: Method;
  readonly host: string;
  /** What follows `/v2/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly patience: number;
  /** What is sent with `PUT`. */
  readonly content?: Buffer;
  readonly login: Login | undefined;
}

async function ask<Body>(
  { method, host, path, headers, patience: until, content, login }: Question,
  read: (body: IncomingMessage) => Promise<Body>,
): Promise<Answer<Body>> {
  const url = new URL(`/v2/${path}`, registryAddress(host));
  // A redirect's query may be a key to what it leads to.
  const asked = (to: URL) => `${method} ${url.href}${to === url ? "" : `, sent on to ${to.origin},`}`;
  const send = (to: URL, authorization?: string) =>
    requestAndRead(
      method,
      to,
      { ...headers, ...(authorization !== undefined && { authorization }) },
      until,
      async (response) =>
        successes.has(response.statusCode ?? 0) ? { read: await read(response) } : { text: await text(response) },
      content,
    ).catch((error: unknown) => {
      throw new RegistryError(`${asked(to)} gave ${messageOf(error)}`);
    });

  let from = url;
  let answer = await send(from);
  const authorization = answer.status === 401 ? await authorize(answer.headers, login) : undefined;
  if (authorization !== undefined) {
    answer = await send(from, authorization);
  }
  for (let hops = 0; hops < mostHops && redirects.has(answer.status); hops++) {
    from = target(answer.headers.location, from, url.origin, asked(from));
    // Another host gets no login. ECR's blobs are in S3: the URL itself is the permission.
    answer = await send(from, from.origin === url.origin ? authorization : undefined);
  }
  const { status, body } = answer;
  if (!("read" in body)) {
    const code = codeOf(body.text);
    throw new RegistryError(`${asked(from)} gave ${status}${code === undefined ? "" : ` ${code}`}`, status, code);
  }
  return { ...answer, body: body.read };
}

/** A manifest that is put is created, and one that is deleted may go later. */
const successes = new Set([200, 201, 202]);
const redirects = new Set([301, 302, 303, 307, 308]);
const mostHops = 5;

/** Where a redirect leads: by https anywhere, by plain http on the registry's own host only. */
function target(location: string | undefined, from: URL, origin: string, asked: string): URL {
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || (to.protocol !== "https:" && to.origin !== origin)) {
    throw new RegistryError(
      `${asked} is sent on to ${JSON.stringify(to?.origin ?? location)}, which isn't an https URL`,
    );
  }
  return to;
}

/**
 * What the registry's challenge asks for: a token, which many registries give to anybody, or the login itself.
 * Undefined if there is nothing to answer it with.
 *
 * @param scope What to ask a token for, in place of what the challenge names.
 */
async function authorize(
  headers: IncomingHttpHeaders,
  login: Login | undefined,
  scope?: string,
): Promise<string | undefined> {
  const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  const challenge = headers["www-authenticate"] ?? "";
  if (!/^Bearer /i.test(challenge)) {
    return basic;
  }
  const parts = [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value] as const);
  const { realm = "", ...challenged } = Object.fromEntries(parts);
  const query: Readonly<Record<string, string>> = { ...challenged, ...(scope !== undefined && { scope }) };
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  // As for registries, plain HTTP is for the loopback alone: a login goes there.
  if (url === undefined || (url.protocol !== "https:" && url.origin !== registryAddress(url.host))) {
    throw new RegistryError(`the registry sends for a token to ${JSON.stringify(realm)}, which isn't an https URL`);
  }
  for (const key of ["service", "scope"]) {
    if (query[key] !== undefined) {
      url.searchParams.set(key, query[key]);
    }
  }
  const asked = `${login?.identityToken ? "POST" : "GET"} ${url.href}`;
  const answer = login?.identityToken
    ? exchange(url, login.password)
    : request("GET", url, basic === undefined ? {} : { authorization: basic });
  const { status, body } = await answer.catch((error: unknown) => {
    throw new RegistryError(`${asked} gave ${messageOf(error)}`);
  });
  const given = status === 200 ? parse(tokens, body) : undefined;
  const token = given?.token ?? given?.access_token;
  if (token === undefined) {
    throw new RegistryError(`${asked} gave ${status === 200 ? "no token" : status}`, status);
  }
  return `Bearer ${token}`;
}

/** Asks for a token with an identity token, as OAuth 2.0 has it: https://distribution.github.io/distribution/spec/auth/oauth. */
function exchange({ origin, pathname, searchParams }: URL, identityToken: string): Promise<Answer> {
  const form = new URLSearchParams(searchParams);
  form.set("grant_type", "refresh_token");
  form.set("client_id", "ping");
  form.set("refresh_token", identityToken);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return requestAndRead(
    "POST",
    new URL(pathname, origin),
    headers,
    patience.manifest,
    text,
    Buffer.from(form.toString()),
  );
}

const tokens = z.object({ token: z.string().optional(), access_token: z.string().optional() });

const errors = z.object({ errors: z.array(z.object({ code: z.string() })) });

function codeOf(body: string): string | undefined {
  return parse(errors, body)?.errors[0]?.code;
}

/** Undefined for a text that isn't JSON of the schema. */
function parse<T>(schema: z.ZodType<T>, body: string): T | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
