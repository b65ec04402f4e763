import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { ConfigureRequest, CreateRequest, InvokeRequest, type InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { registryAccess, token } from "../../stand-ins/docker/manifests";
import { dockerProvider } from "../../stand-ins/docker/provider";
import { parseReference } from "../../stand-ins/docker/reference";
import { parseBearerChallenge } from "../../stand-ins/docker/registry";
import { fromStruct, type Properties, toStruct } from "../../stand-ins/values";
import { ask, type Running, startPlugin } from "./plugin";

const digest = `sha256:${"a".repeat(64)}`;
const index = {
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [
    { digest: "sha256:1", mediaType: "m", platform: { architecture: "amd64", os: "linux" } },
    { digest: "sha256:2", mediaType: "m", platform: { architecture: "arm64", os: "linux" } },
    { digest: "sha256:3", mediaType: "m", platform: { architecture: "unknown", os: "unknown" } },
  ],
};
const listed = [
  { architecture: "amd64", os: "linux", sha256Digest: "sha256:1", mediaType: "m" },
  { architecture: "arm64", os: "linux", sha256Digest: "sha256:2", mediaType: "m" },
  { architecture: "unknown", os: "unknown", sha256Digest: "sha256:3", mediaType: "m" },
];

let registry: Server;
let host: string;
let plugin: Running<ResourceProviderClient>;

before(async () => {
  registry = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", `http://${host}`);
    const authorization = request.headers.authorization ?? "";
    const send = (status: number, body: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    if (pathname === "/token") {
      const asked =
        authorization === `Basic ${Buffer.from("me:pw").toString("base64")}` && search === "?service=s&scope=r";
      send(asked ? 200 : 401, asked ? { token: "good" } : {});
    } else if (pathname.startsWith("/v2/private/") && authorization !== "Bearer good") {
      send(401, {}, { "www-authenticate": `Bearer realm="http://${host}/token",service="s",scope="r"` });
    } else if (pathname.endsWith(`/manifests/${digest}`) || pathname.endsWith("/manifests/v1")) {
      send(200, index);
    } else if (pathname === "/v2/single/manifests/v1s") {
      send(200, { mediaType: "image", config: { digest: "sha256:c" } }, { "docker-content-digest": "sha256:s" });
    } else if (pathname === "/v2/single/blobs/sha256:c") {
      send(200, { architecture: "s390x", os: "linux" });
    } else {
      send(404, { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] });
    }
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const implementation = dockerProvider("5.2.0", new AbortController());
  plugin = await startPlugin(ResourceProviderService, implementation, ResourceProviderClient);
});

after(() => {
  plugin.stop();
  registry.closeAllConnections();
  registry.close();
});

async function manifests(args: Properties): Promise<Properties> {
  const request = new InvokeRequest().setTok(token).setArgs(toStruct(args));
  return fromStruct((await ask<InvokeResponse>((done) => plugin.client.invoke(request, done))).getReturn());
}

test("a reference is taken apart as Docker does it", () => {
  const cases: [string, ReturnType<typeof parseReference>][] = [
    ["localhost:5000/app:v1", { registry: "localhost:5000", repository: "app", version: "v1" }],
    ["localhost/a/b", { registry: "localhost", repository: "a/b", version: "latest" }],
    [`r.example/a/b:v1@${digest}`, { registry: "r.example", repository: "a/b", version: digest }],
    ["alpine", { registry: "registry-1.docker.io", repository: "library/alpine", version: "latest" }],
    ["docker.io/me/app:1", { registry: "registry-1.docker.io", repository: "me/app", version: "1" }],
    ["me/app:1", { registry: "registry-1.docker.io", repository: "me/app", version: "1" }],
  ];
  for (const [name, expected] of cases) {
    assert.deepEqual(parseReference(name), expected, name);
  }
});

test("a digest without a tag is refused, because the real provider misreads it", () => {
  assert.throws(
    () => parseReference(`r.example/app@${digest}`),
    /misreads a digest without a tag: write r\.example\/app:TAG@/,
  );
});

test("what is no reference is refused by name", () => {
  assert.throws(() => parseReference("a b"), /"a b" is not an image reference/);
});

test("credentials belong to the host that their address names, which also says whether TLS is spoken", () => {
  const credentials = [
    { address: "https://other.example", username: "x", password: "y" },
    { address: "http://r.example:5000/v2/", username: "me", password: "pw" },
  ];
  assert.deepEqual(registryAccess("r.example:5000", credentials), {
    origin: "http://r.example:5000",
    username: "me",
    password: "pw",
  });
  assert.deepEqual(registryAccess("elsewhere", credentials), {
    origin: "https://elsewhere",
    username: undefined,
    password: undefined,
  });
});

test("only a bearer challenge has parameters", () => {
  assert.deepEqual(parseBearerChallenge('Bearer realm="https://a/b",service="s",scope="repository:x:pull"'), {
    realm: "https://a/b",
    service: "s",
    scope: "repository:x:pull",
  });
  assert.equal(parseBearerChallenge('Basic realm="x"'), undefined);
});

test("an index is listed with every platform and attestation", async () => {
  const args = { name: `${host}/app:v1@${digest}`, authConfig: { address: `http://${host}` } };
  assert.deepEqual(await manifests(args), { ...args, id: args.name, manifests: listed });
});

test("a registry that asks for a token gets one with the credentials", async () => {
  const authConfig = { address: `http://${host}`, username: "me", password: "pw" };
  const found = await manifests({ name: `${host}/private/app:v1`, authConfig });
  assert.deepEqual(found["manifests"], listed);
});

test("the provider's registryAuth is used where the call has no credentials", async () => {
  const request = new ConfigureRequest();
  const auth = [{ address: `http://${host}`, username: "me", password: "pw" }];
  request.getVariablesMap().set("docker:config:registryAuth", JSON.stringify(auth));
  await ask((done) => plugin.client.configure(request, done));
  assert.deepEqual((await manifests({ name: `${host}/private/app:v1` }))["manifests"], listed);
});

test("a single image is listed with the platform of its configuration", async () => {
  const found = await manifests({ name: `${host}/single:v1s`, authConfig: { address: `http://${host}` } });
  assert.deepEqual(found["manifests"], [
    { architecture: "s390x", os: "linux", sha256Digest: "sha256:s", mediaType: "application/json" },
  ]);
});

test("a missing image is reported with URL and the registry's reason", async () => {
  await assert.rejects(manifests({ name: `${host}/app:gone`, authConfig: { address: `http://${host}` } }), {
    details: `http://${host}/v2/app/manifests/gone: the registry answered 404 MANIFEST_UNKNOWN: manifest unknown`,
  });
});

test("a registry that is down is reported as such", async () => {
  const address = "http://127.0.0.1:1";
  await assert.rejects(
    manifests({ name: "127.0.0.1:1/app:v1", authConfig: { address } }),
    /the registry can't be reached/,
  );
});

test("every other function and every resource is refused by name", async () => {
  const invoke = new InvokeRequest().setTok("docker:index/getNetwork:getNetwork");
  await assert.rejects(
    ask((done) => plugin.client.invoke(invoke, done)),
    /doesn't have docker:index\/getNetwork:getNetwork/,
  );
  const create = new CreateRequest().setType("docker:index/container:Container");
  await assert.rejects(
    ask((done) => plugin.client.create(create, done)),
    /doesn't manage docker:index\/container:Container/,
  );
});

test("the plugin reports the version that it stands in for", async () => {
  const info = await ask<{ getVersion(): string }>((done) => plugin.client.getPluginInfo(new Empty(), done));
  assert.equal(info.getVersion(), "5.2.0");
});
