import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CreateRequest, InvokeRequest, type InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { version } from "@pulumi/docker/package.json";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { start, stop } from "../../support/servers";
import { dockerProvider, token } from "../../stand-ins/docker/provider";
import { fromStruct, type Properties, toStruct } from "../../stand-ins/values";
import { ask, type Running, startPlugin } from "./plugin";

const digests = {
  index: `sha256:${"a".repeat(64)}`,
  emptyIndex: `sha256:${"b".repeat(64)}`,
  image: `sha256:${"c".repeat(64)}`,
  missing: `sha256:${"d".repeat(64)}`,
};

const contents: Record<string, object> = {
  [digests.index]: {
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      { digest: "sha256:1", mediaType: "m", platform: { architecture: "amd64", os: "linux" } },
      { digest: "sha256:2", mediaType: "m", platform: { architecture: "arm64", os: "linux" } },
      { digest: "sha256:3", mediaType: "m", platform: { architecture: "unknown", os: "unknown" } },
    ],
  },
  [digests.emptyIndex]: { mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] },
  [digests.image]: { mediaType: "application/vnd.oci.image.manifest.v1+json", config: { digest: "sha256:4" } },
};

const listed = [
  { architecture: "amd64", os: "linux", sha256Digest: "sha256:1", mediaType: "m" },
  { architecture: "arm64", os: "linux", sha256Digest: "sha256:2", mediaType: "m" },
  { architecture: "unknown", os: "unknown", sha256Digest: "sha256:3", mediaType: "m" },
];

let registry: Server;
let address: string;
let plugin: Running<ResourceProviderClient>;

before(async () => {
  registry = createServer(({ url = "", headers }, response) => {
    const [, repository = "", digest = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url) ?? [];
    const content = contents[digest];
    const login = `Basic ${Buffer.from("me:pw").toString("base64")}`;
    if (repository === "private/app" && headers.authorization !== login) {
      response.writeHead(401).end();
    } else if (content === undefined) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200).end(JSON.stringify(content));
    }
  });
  address = `http://127.0.0.1:${await start(registry)}`;
  plugin = await startPlugin(ResourceProviderService, dockerProvider, ResourceProviderClient);
});

after(() => {
  plugin.stop();
  stop(registry);
});

async function lookUp(name: string, authConfig: Properties = { address }): Promise<Properties> {
  const request = new InvokeRequest().setTok(token).setArgs(toStruct({ name, authConfig }));
  return fromStruct((await ask<InvokeResponse>((done) => plugin.client.invoke(request, done))).getReturn());
}

test("an index is listed with every platform and attestation, without the credentials", async () => {
  const name = `r.example/team/app:v1@${digests.index}`;
  assert.deepEqual(await lookUp(name), { id: `team/app:${digests.index}`, name, manifests: listed });
});

test("a registry is asked with the credentials, and what it refuses is an error", async () => {
  const name = `r.example/private/app:v1@${digests.index}`;
  assert.deepEqual((await lookUp(name, { address, username: "me", password: "pw" }))["manifests"], listed);
  await assert.rejects(lookUp(name), {
    details: `${address}/v2/private/app/manifests/${digests.index}: got bad response from registry: 401 Unauthorized`,
  });
});

test("the manifest of a single image is refused, as the real provider does, and so is an index of nothing", async () => {
  for (const digest of [digests.image, digests.emptyIndex]) {
    await assert.rejects(lookUp(`r.example/app:v1@${digest}`), {
      details: `${address}/v2/app/manifests/${digest}: unsupported manifest response`,
    });
  }
});

test("a missing image is reported with its URL", async () => {
  await assert.rejects(lookUp(`r.example/app:v1@${digests.missing}`), {
    details: `${address}/v2/app/manifests/${digests.missing}: got bad response from registry: 404 Not Found`,
  });
});

test("a registry that is down is reported as such", async () => {
  await assert.rejects(
    lookUp(`r.example/app:v1@${digests.index}`, { address: "http://127.0.0.1:1" }),
    /error during registry request: connect ECONNREFUSED/,
  );
});

test("every other name is refused, a digest without a tag too, because the real provider misreads it", async () => {
  for (const name of ["app", "r.example/app:v1", `r.example/app@${digests.index}`, `app:v1@${digests.index}`]) {
    await assert.rejects(lookUp(name), {
      details: `"${name}" is not HOST/PATH:TAG@sha256:DIGEST: the Docker stand-in looks up nothing else`,
    });
  }
});

test("every other function is refused by name, and there are no resources", async () => {
  const invoke = new InvokeRequest().setTok("docker:index/getNetwork:getNetwork");
  await assert.rejects(
    ask((done) => plugin.client.invoke(invoke, done)),
    { details: `the Docker stand-in doesn't have docker:index/getNetwork:getNetwork, only ${token}` },
  );
  await assert.rejects(
    ask((done) => plugin.client.create(new CreateRequest(), done)),
    { code: status.UNIMPLEMENTED },
  );
});

test("the stand-in reports the SDK's version", async () => {
  const info = await ask<PluginInfo>((done) => plugin.client.getPluginInfo(new Empty(), done));
  assert.deepEqual(info.toObject(), { version });
});
