import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import { findRegistry } from "../../../../infra/registry/find-registry";
import { openRegistry } from "../../../../infra/registry/open-registry";
import "../../../support/docker-config";
import { Mocks, promiseOf } from "../../../support/mocks";
import { answering } from "../../../support/servers";
import { buildSource } from "../../build-source";

const repositoryAt = (host: string, path: string) => ({ name: `${host}/${path}`, host, path });
const digest = `sha256:${"a".repeat(64)}`;
const credentials = { username: "me", password: pulumi.secret("hush") };

test("a build goes to the configured repository; a pinned image says itself where it is", async (t) => {
  const host = `127.0.0.1:${await answering(t)}`;
  const builds = repositoryAt(host, "builds");
  const image = repositoryAt(host, "team/ping");
  const pinned = { kind: "pinned", repository: image, digest } as const;
  const common = { kind: "existing", address: `http://${host}` } as const;
  const cases = [
    [{ repository: builds, credentials }, buildSource, builds],
    [{ repository: builds, credentials }, pinned, image],
    [{ repository: undefined, credentials: undefined }, pinned, image],
  ] as const;
  for (const [config, source, repository] of cases) {
    const found = await findRegistry(config, source, undefined);
    const login = config.credentials && { username: "me", password: "hush", docker: false };
    assert.deepEqual(found, { ...common, repository, login, credentials: config.credentials });
  }
});

test("credentials aren't sent to another host than their own", async () => {
  const config = { repository: repositoryAt("localhost:15000", "ping"), credentials: undefined };
  const image = { kind: "pinned", repository: repositoryAt("ghcr.io", "team/ping"), digest } as const;
  await assert.rejects(findRegistry(config, image, undefined), {
    message:
      "the image is in ghcr.io/team/ping, and registry.url of this stack means localhost:15000. " +
      "Choose an image from there, or change registry.url.",
  });
});

test("an identity token is known for one when the registry is asked", () => {
  const repository = repositoryAt("me.azurecr.io", "ping");
  const login = { username: "0", password: "hush", identityToken: true, docker: false };
  const { credentials: given, dockerLogin } = openRegistry("web", {
    ...{ kind: "existing", repository, address: "https://me.azurecr.io", login, credentials: undefined },
  });
  assert.deepEqual([given?.username, given?.identityToken, dockerLogin], ["0", true, false]);
});

test("an existing registry takes no resource", async () => {
  const mocks = await Mocks.start();
  const repository = repositoryAt("ghcr.io", "team/ping");
  const address = "https://ghcr.io";
  const login = { username: "me", password: "hush", docker: true };
  const { credentials: given, ...registry } = openRegistry("web", {
    ...{ kind: "existing", repository, address, login, credentials: undefined },
  });
  assert.deepEqual(registry, { repository: "ghcr.io/team/ping", host: "ghcr.io", address, dockerLogin: true });
  assert.equal(given?.username, "me");
  assert.equal(await pulumi.isSecret(pulumi.output(given.password)), true);
  assert.equal(await promiseOf(pulumi.unsecret(pulumi.output(given.password))), "hush");
  assert.deepEqual(await mocks.registered(), []);
});
