import assert from "node:assert/strict";
import * as http from "node:http";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import { findExistingRegistry } from "../../../../infra/registry/existing-registry";
import { listen, unusedPort } from "../../servers";

/** A registry that answers `GET /v2/` with a status. */
const registryAnswering = (status: number) =>
  http.createServer((request, response) => response.writeHead(request.url === "/v2/" ? status : 404).end());

const repositoryAt = (host: string) => ({ name: `${host}/team/ping`, host, path: "team/ping" });

test("a registry that answers, or asks for credentials, can be used", async (t) => {
  for (const status of [200, 401, 403]) {
    const host = `127.0.0.1:${await listen(t, registryAnswering(status))}`;
    assert.deepEqual(await findExistingRegistry(repositoryAt(host), undefined), {
      kind: "existing",
      repository: repositoryAt(host),
      address: `http://${host}`,
      credentials: undefined,
    });
  }
});

test("credentials are passed on", async (t) => {
  const host = `127.0.0.1:${await listen(t, registryAnswering(401))}`;
  const credentials = { username: "me", password: pulumi.secret("hush") };
  const registry = await findExistingRegistry(repositoryAt(host), credentials);
  assert.equal(registry.credentials, credentials);
});

test("a registry that is down is an error that says what was asked", async () => {
  const host = `127.0.0.1:${await unusedPort()}`;
  await assert.rejects(findExistingRegistry(repositoryAt(host), undefined), {
    message:
      `the registry ${host} can't be used: GET http://${host}/v2/ gave connect ECONNREFUSED ${host}. ` +
      "Start it, or choose another one with pulumi config set --path registry.url HOST/PATH.",
  });
});

test("a server that is no registry is an error with its status", async (t) => {
  for (const status of [404, 500]) {
    const host = `127.0.0.1:${await listen(t, registryAnswering(status))}`;
    await assert.rejects(
      findExistingRegistry(repositoryAt(host), undefined),
      new RegExp(`GET http://${host}/v2/ gave ${status}\\.`),
    );
  }
});
