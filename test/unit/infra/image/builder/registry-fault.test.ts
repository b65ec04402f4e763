import assert from "node:assert/strict";
import * as http from "node:http";
import { test } from "node:test";
import { registryFault } from "../../../../../infra/image/builder/registry-fault";
import { listen, unusedPort } from "../../../../support/servers";

const registry = "ghcr.io";
const login = { username: "me", password: "hush" };
const nobody = "the registry ghcr.io refuses the push, and nobody is logged in. Run docker login ghcr.io, or set ";
const refusedPush = "the registry ghcr.io refuses the push with this login. Run docker login ghcr.io with a login ";
const refusedPull = (host: string) =>
  `the registry ${host} refuses to hand out the image that the build starts from. Run docker login ${host} with a login `;

// Errors of BuildKit 0.33.
for (const [what, error, credentials, message] of [
  [
    "a push without a login",
    "failed to solve: failed to push ghcr.io/me/ping:1: unexpected status from HEAD request to https://ghcr.io/v2/me/ping/blobs/sha256:84: 401 Unauthorized",
    undefined,
    nobody,
  ],
  [
    "a push that another login may do",
    "failed to solve: failed to push ghcr.io/me/ping:1: denied: permission_denied: write_package",
    login,
    refusedPush,
  ],
  [
    "a push that Docker Hub refuses",
    "failed to solve: failed to push ghcr.io/me/ping:1: push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    undefined,
    nobody,
  ],
  [
    "a push without a token",
    "failed to solve: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Ame%2Fping%3Apull%2Cpush&service=ghcr.io: 403 Forbidden",
    undefined,
    nobody,
  ],
  [
    "a base image without a login",
    "failed to solve: quay.io/me/base:1: failed to resolve source metadata for quay.io/me/base:1: unexpected status from HEAD request to https://quay.io/v2/me/base/manifests/1: 401 Unauthorized",
    login,
    refusedPull("quay.io"),
  ],
  [
    "a base image of Docker Hub",
    "failed to solve: me/base:1: failed to resolve source metadata for docker.io/me/base:1: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    login,
    refusedPull("docker.io"),
  ],
  [
    "a base image without a token",
    "failed to solve: failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token?scope=repository%3Ame%2Fbase%3Apull&service=quay.io: 401 Unauthorized",
    login,
    refusedPull("quay.io"),
  ],
] as const) {
  test(`of ${what}, the login that is wanted is told`, async () => {
    const said = await registryFault(error, { host: registry, credentials });
    assert.ok(said?.startsWith(message), said);
  });
}

test("a failure that isn't a registry's refusal has nothing to add", async () => {
  for (const error of [
    'failed to solve: process "/bin/sh -c curl x" did not complete successfully: exit code: 1, 401 Unauthorized',
    "failed to solve: failed to push ghcr.io/me/ping:1: unexpected status from PUT request to https://ghcr.io/v2/me/ping/manifests/1: 500 Internal Server Error",
    "",
  ]) {
    assert.equal(await registryFault(error, { host: registry, credentials: undefined }), undefined);
  }
});

test("a registry that this machine reaches and the builder doesn't is told as the builder's network", async (t) => {
  const server = http.createServer((_, response) => response.writeHead(401).end());
  const host = `127.0.0.1:${await listen(t, server)}`;
  const dial = (at: string) =>
    `failed to do request: Head "http://${at}/v2/ping/blobs/sha256:20": dial tcp ${at}: connect: connection refused`;
  const message =
    `the builder doesn't reach the registry ${host}, and this machine does. In the builder's network, 127.0.0.1 is the ` +
    "builder itself. Make a builder with this machine's network: docker buildx create --name NAME --driver-opt " +
    "network=host. Then choose it: pulumi config set builder NAME.";
  for (const where of [`push ${host}/ping:1`, `resolve source metadata for ${host}/base:1`]) {
    assert.equal(
      await registryFault(`failed to solve: failed to ${where}: ${dial(host)}`, { host, credentials: undefined }),
      message,
    );
  }
  const down = `127.0.0.1:${await unusedPort()}`;
  assert.equal(
    await registryFault(`failed to push ${down}/ping:1: ${dial(down)}`, { host: down, credentials: undefined }),
    undefined,
    "a registry that is down",
  );
});
