import assert from "node:assert/strict";
import * as http from "node:http";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import { existingRegistry } from "../../../../infra/registry/existing-registry";
import { findRegistry } from "../../../../infra/registry/find-registry";
import { registryReader } from "../../../../infra/registry/registry-reader";
import { Mocks } from "../../mocks";
import { listen, unusedPort } from "../../servers";

/** A registry that answers `GET /v2/` with a status. */
const registryAnswering = (status: number) =>
  http.createServer((request, response) => response.writeHead(request.url === "/v2/" ? status : 404).end());

const repositoryAt = (host: string) => ({ name: `${host}/team/ping`, host });

test("a registry that answers, or asks for credentials, can be used", async (t) => {
  for (const status of [200, 401, 403]) {
    const host = `127.0.0.1:${await listen(t, registryAnswering(status))}`;
    assert.deepEqual(await existingRegistry(repositoryAt(host)), {
      repository: `${host}/team/ping`,
      host,
      address: `http://${host}`,
      credentials: undefined,
    });
  }
});

test("credentials are passed on", async (t) => {
  const host = `127.0.0.1:${await listen(t, registryAnswering(401))}`;
  const credentials = { username: "me", password: pulumi.secret("hush") };
  const registry = await existingRegistry(repositoryAt(host), credentials);
  assert.equal(registry.credentials, credentials);
});

test("a registry that is down is an error that says what was asked", async () => {
  const host = `127.0.0.1:${await unusedPort()}`;
  await assert.rejects(existingRegistry(repositoryAt(host)), {
    message:
      `the registry ${host} can't be used: GET http://${host}/v2/ gave connect ECONNREFUSED ${host}. ` +
      "Start it, or choose another one with pulumi config set --path registry.url HOST/PATH.",
  });
});

test("a server that is no registry is an error with its status", async (t) => {
  for (const status of [404, 500]) {
    const host = `127.0.0.1:${await listen(t, registryAnswering(status))}`;
    await assert.rejects(existingRegistry(repositoryAt(host)), new RegExp(`GET http://${host}/v2/ gave ${status}\\.`));
  }
});

const digest = `sha256:${"a".repeat(64)}`;

test("an image says itself where it is; a registry on the same host lends its credentials", async (t) => {
  const host = `127.0.0.1:${await listen(t, registryAnswering(200))}`;
  const image = { repository: repositoryAt(host), digest };
  const credentials = { username: "me", password: pulumi.secret("hush") };
  const found = async (config: Parameters<typeof findRegistry>[0]) => (await findRegistry(config, image))("ping");
  const registry = { repository: `${host}/team/ping`, host, address: `http://${host}`, credentials: undefined };
  assert.deepEqual(await found({ repository: undefined, credentials: undefined }), registry);
  const builds = { name: `${host}/builds`, host };
  assert.deepEqual(await found({ repository: builds, credentials }), { ...registry, credentials });
});

test("credentials aren't sent to another host than their own", async () => {
  const config = { repository: repositoryAt("localhost:15000"), credentials: undefined };
  await assert.rejects(findRegistry(config, { repository: repositoryAt("ghcr.io"), digest }), {
    message: "the image is in ghcr.io/team/ping, and registry.url of this stack is localhost:15000/team/ping.",
  });
});

test("the look-up's provider contacts no container engine", async () => {
  const mocks = await Mocks.start();
  registryReader();
  await mocks.registered();
  assert.deepEqual(mocks.resources, [
    {
      type: "pulumi:providers:docker",
      name: "registry-reader",
      inputs: { host: "ssh://registry-only@localhost", disableDockerDaemonCheck: "true" },
    },
  ]);
});
