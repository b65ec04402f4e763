import assert from "node:assert/strict";
import * as http from "node:http";
import * as pulumi from "@pulumi/pulumi";
import { test, type TestContext } from "node:test";
import { findExistingRegistry } from "../../../../infra/registry/existing-registry";
import { useDockerConfig } from "../../../support/docker-config";
import { Mocks } from "../../../support/mocks";
import { listen, unusedPort } from "../../../support/servers";

/** A registry that answers `GET /v2/` with a status. */
const registryAnswering = (status: number) =>
  http.createServer((request, response) => response.writeHead(request.url === "/v2/" ? status : 404).end());

/** A registry that takes these logins alone, `user:password`. */
async function registryFor(t: TestContext, ...logins: string[]) {
  const taken = logins.map((login) => `Basic ${base64(login)}`);
  const server = http.createServer(({ headers }, response) => {
    const known = taken.includes(headers.authorization ?? "");
    response.writeHead(known ? 200 : 401, { "www-authenticate": "Basic" }).end();
  });
  return `127.0.0.1:${await listen(t, server)}`;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const repositoryAt = (host: string) => ({ name: `${host}/team/ping`, host, path: "team/ping" });
const credentials = { username: "me", password: pulumi.secret("hush") };
const found = (host: string) => ({ kind: "existing", repository: repositoryAt(host), address: `http://${host}` });

test("a registry that wants no login can be used without one", async (t) => {
  const host = `127.0.0.1:${await listen(t, registryAnswering(200))}`;
  assert.deepEqual(await findExistingRegistry(repositoryAt(host), undefined), {
    ...found(host),
    login: undefined,
    credentials: undefined,
  });
});

test("Docker's own login serves, and the config's only where Docker has none or the registry refuses it", async (t) => {
  const config = { username: "me", password: "hush", docker: false };
  const docker = { username: "docker", password: "own", docker: true };
  const mocks = await Mocks.start();
  for (const [taken, own, given, login] of [
    [["docker:own"], "docker:own", undefined, docker],
    [["docker:own", "me:hush"], "docker:own", credentials, docker],
    [["me:hush"], undefined, credentials, config],
    [["me:hush"], "docker:expired", credentials, config],
  ] as const) {
    const host = await registryFor(t, ...taken);
    useDockerConfig(t, { auths: own === undefined ? {} : { [host]: { auth: base64(own) } } });
    const registry = await findExistingRegistry(repositoryAt(host), given);
    assert.deepEqual(registry, { ...found(host), login, credentials: given });
  }
  await mocks.registered();
});

test("where nobody is logged in, or nobody whom the registry takes, an error says so before a build", async (t) => {
  const host = await registryFor(t, "docker:own");
  const gave = `GET http://${host}/v2/ gave 401`;
  for (const [own, given, message] of [
    [
      undefined,
      undefined,
      `nobody is logged in to the registry ${host}, which wants a login: ${gave}. ` +
        `Run docker login ${host}, or set registry.username and registry.password.`,
    ],
    [
      undefined,
      credentials,
      `the registry ${host} refuses the login of me: ${gave}. ` +
        `Correct registry.username and registry.password, or run docker login ${host}.`,
    ],
    [
      "docker:expired",
      undefined,
      `the registry ${host} refuses Docker's own login, of docker: ${gave}. Run docker login ${host} again.`,
    ],
  ] as const) {
    useDockerConfig(t, { auths: own === undefined ? {} : { [host]: { auth: base64(own) } } });
    await assert.rejects(findExistingRegistry(repositoryAt(host), given), { message });
  }
});

test("an identity token is a login, which the docker-build plugin doesn't find by itself", async (t) => {
  const server = http.createServer(({ url, method, headers }, response) => {
    if (url === "/token") {
      response.writeHead(method === "POST" ? 200 : 405).end('{"access_token":"t0"}');
      return;
    }
    const challenge = `Bearer realm="http://${headers.host}/token",service="it"`;
    response.writeHead(headers.authorization === "Bearer t0" ? 200 : 401, { "www-authenticate": challenge }).end();
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  useDockerConfig(t, { auths: { [host]: { auth: base64("0:"), identitytoken: "hush" } } });
  const username = "00000000-0000-0000-0000-000000000000";
  assert.deepEqual(await findExistingRegistry(repositoryAt(host), undefined), {
    ...found(host),
    login: { username, password: "hush", identityToken: true, docker: false },
    credentials: undefined,
  });
});

test("an image that anybody may read wants no login, also where /v2/ does", async (t) => {
  const digest = `sha256:${"a".repeat(64)}`;
  const server = http.createServer(({ url, method }, response) => {
    const isImage = method === "HEAD" && url === `/v2/team/ping/manifests/${digest}`;
    response.writeHead(isImage ? 200 : 401, { "www-authenticate": "Basic" }).end();
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  assert.deepEqual(await findExistingRegistry(repositoryAt(host), undefined, digest), {
    ...found(host),
    login: undefined,
    credentials: undefined,
  });
  const other = digest.replaceAll("a", "b");
  await assert.rejects(findExistingRegistry(repositoryAt(host), undefined, other), {
    message:
      `nobody is logged in to the registry ${host}, which wants a login: ` +
      `HEAD http://${host}/v2/team/ping/manifests/${other} gave 401. ` +
      `Run docker login ${host}, or set registry.username and registry.password.`,
  });
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
