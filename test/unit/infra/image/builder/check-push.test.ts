import assert from "node:assert/strict";
import * as http from "node:http";
import { test, type TestContext } from "node:test";
import { checkPush } from "../../../../../infra/image/builder/check-push";
import type { FoundImage } from "../../../../../infra/image/find-image";
import type { FoundRegistry } from "../../../../../infra/registry";
import { listen } from "../../../../support/servers";
import { buildSource } from "../../../build-source";

const content = { tag: "v1", files: { directory: ".", ignoreFile: ".", entries: [] }, contexts: {}, labels: {} };
const toBuild = { kind: "build", source: buildSource, content, digest: undefined, repeated: 0 } as const;
const digest = `sha256:${"a".repeat(64)}`;

/** A registry that lets anybody in and nobody push, as Docker Hub does; and how often it was asked. */
async function publicRegistry(t: TestContext) {
  const state = { asked: 0 };
  const server = http.createServer(({ url, headers }, response) => {
    state.asked += 1;
    const challenge = `Bearer realm="http://${headers.host}/token",service="hub"`;
    if (url === "/v2/") {
      response.writeHead(401, { "www-authenticate": challenge }).end();
      return;
    }
    const claims = Buffer.from('{"access":[]}').toString("base64url");
    response.end(JSON.stringify({ token: `e30.${claims}.c2ln` }));
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  const repository = { name: `${host}/me/ping`, host, path: "me/ping" };
  const registry: FoundRegistry = {
    kind: "existing",
    repository,
    address: `http://${host}`,
    login: undefined,
    credentials: undefined,
  };
  return { host, registry, state };
}

test("where anybody may read and nobody is logged in, an error says so before a build", async (t) => {
  const { host, registry } = await publicRegistry(t);
  await assert.rejects(checkPush(toBuild, registry), {
    message:
      `nobody is logged in to the registry ${host}, which lets nobody push to ${host}/me/ping without a login. ` +
      `Run docker login ${host}, or set registry.username and registry.password.`,
  });
});

test("what is in the registry already needs no push, and a login is tried by the push", async (t) => {
  const { registry, state } = await publicRegistry(t);
  const login = { username: "me", password: "hush", docker: true };
  const there: FoundImage = { kind: "there", tag: "v1", digest, source: buildSource };
  await checkPush(there, registry);
  await checkPush({ ...toBuild, digest }, registry);
  await checkPush(toBuild, { ...registry, login });
  assert.equal(state.asked, 0);
});
