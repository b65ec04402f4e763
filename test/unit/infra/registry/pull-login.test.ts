import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import { pullLogin } from "../../../../infra/registry/pull-login";

const repository = { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" };
const login = { username: "me", password: "hush", docker: true };
const credentials = { username: "me", password: pulumi.secret("hush") };

test("pods pull with the login of a registry that has one, and never with ECR's token", () => {
  const existing = { kind: "existing", repository, address: "https://ghcr.io", login: undefined } as const;
  assert.deepEqual(pullLogin({ ...existing, credentials }), { host: "ghcr.io", ...credentials });
  assert.equal(pullLogin({ ...existing, credentials: undefined }), undefined);
  assert.equal(pullLogin({ ...existing, login, credentials: undefined }), undefined, "Docker's own login stays here");
  const account = { id: "111122223333", region: "eu-central-1", partition: "aws", allowedIds: ["111122223333"] };
  const config = { use: "adopt", repository: "ping" } as const;
  const ecr = { kind: "ecr", repository, login, config, account } as const;
  assert.equal(pullLogin(ecr), undefined);
});
