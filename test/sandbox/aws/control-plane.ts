import type { IAM } from "@aws-sdk/client-iam";
import { type IncomingMessage, request as httpRequest, type RequestListener, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { apiCall } from "./api-call";
import type { Authorize } from "./authorization";
import type { Caller } from "./caller";
import { issueToken } from "./token";
import { claimsOf, isTrusted } from "./web-identity";

/** What the control plane is made of. */
interface ControlPlaneParts {
  /** URL of moto, which does what is allowed, and asks nobody. */
  readonly moto: string;
  readonly authorize: Authorize;
  /** Whose access key it is. */
  callerOf(accessKey: string): Promise<Caller>;
  /** IAM of an account, with all rights. */
  iam(account: string): IAM;
  /** Signs ECR's tokens. */
  readonly tokenKey: Buffer;
  /** How long a token is valid, in milliseconds. */
  tokenValidity(): number;
}

/**
 * AWS's APIs. moto does the work, and refuses nothing: its own check of policies knows neither resources nor conditions. So
 * each request is decided here first. moto's tokens of ECR are the same for ever, so tokens are made here, too.
 */
export function controlPlane(parts: ControlPlaneParts): RequestListener {
  return (request, response) => {
    respond(parts, request, response).catch((error: unknown) => {
      console.error(`${request.method ?? ""} ${request.url ?? ""}: ${String(error)}`);
      response.writeHead(500).end(String(error));
    });
  };
}

async function respond(parts: ControlPlaneParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const url = new URL(request.url ?? "/", parts.moto);
  const scope = credentialScope(request, url);
  if (scope === undefined) {
    // Without a signature there is only this one: a token takes its place.
    const why = await refusesWebIdentity(parts, new URLSearchParams(body));
    if (why === undefined) {
      passOn(parts, request, body, response);
    } else {
      refuse(response, "sts", why);
    }
    return;
  }
  const { accessKey, region, service } = scope;
  const caller = await parts.callerOf(accessKey);
  const [target] = [request.headers["x-amz-target"]].flat();
  const { account } = caller;
  const { method = "" } = request;
  const { action, resources } = apiCall({ service, region, account, method, url, target, body });
  // Everybody may ask who they are.
  for (const resource of action === "sts:GetCallerIdentity" ? [] : resources) {
    const why = await parts.authorize(caller, action, resource);
    if (why !== undefined) {
      refuse(response, service, why);
      return;
    }
  }
  if (action === "ecr:GetAuthorizationToken") {
    giveToken(parts, caller, region, response);
  } else {
    passOn(parts, request, body, response);
  }
}

/** Whose access key signed a request, for which service and where. Undefined for one that isn't signed. */
function credentialScope({ headers }: IncomingMessage, url: URL) {
  const signed = /Credential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  const [accessKey = "", , region = "", service = ""] = (
    signed ??
    url.searchParams.get("X-Amz-Credential") ??
    ""
  ).split("/");
  return accessKey === "" ? undefined : { accessKey, region, service };
}

async function refusesWebIdentity(parts: ControlPlaneParts, parameters: URLSearchParams): Promise<string | undefined> {
  const arn = parameters.get("RoleArn") ?? "";
  const [, account = "", RoleName = ""] = /^arn:aws:iam::(\d+):role\/(.+)$/.exec(arn) ?? [];
  if (parameters.get("Action") !== "AssumeRoleWithWebIdentity" || RoleName === "") {
    return "Request is missing Authentication Token";
  }
  const { Role: role } = await parts.iam(account).getRole({ RoleName });
  const trust = decodeURIComponent(role?.AssumeRolePolicyDocument ?? "");
  const claims = claimsOf(parameters.get("WebIdentityToken") ?? "");
  return isTrusted(trust, claims, account)
    ? undefined
    : `Not authorized to perform sts:AssumeRoleWithWebIdentity on ${arn} as ${claims["sub"] ?? "nobody"}`;
}

function giveToken(parts: ControlPlaneParts, caller: Caller, region: string, response: ServerResponse): void {
  const expires = Date.now() + parts.tokenValidity();
  const password = issueToken(caller, expires, parts.tokenKey);
  const token = {
    authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
    expiresAt: expires / 1000,
    proxyEndpoint: `https://${caller.account}.dkr.ecr.${region}.amazonaws.com`,
  };
  response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ authorizationData: [token] }));
}

/** A refusal, in the form in which each service's clients read one. */
function refuse(response: ServerResponse, service: string, message: string): void {
  if (service === "ecr") {
    response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify({ __type: "AccessDeniedException", message }));
  } else if (service === "eks") {
    response.writeHead(403, { "content-type": "application/json", "x-amzn-errortype": "AccessDeniedException" });
    response.end(JSON.stringify({ message }));
  } else {
    response.writeHead(403, { "content-type": "text/xml" });
    const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
    response.end(`<ErrorResponse>${error}</ErrorResponse>`);
  }
}

function passOn({ moto }: ControlPlaneParts, request: IncomingMessage, body: string, response: ServerResponse): void {
  const { hostname, port } = new URL(moto);
  const { method, url, headers } = request;
  const outgoing = httpRequest({ host: hostname, port, method, path: url, headers }, (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.headers);
    incoming.pipe(response);
  });
  outgoing.on("error", (error) => response.destroy(error));
  outgoing.end(body);
}
