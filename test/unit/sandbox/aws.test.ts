import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { repositoryPolicy } from "../../../infra/registry";
import { actionOf, allows } from "../../sandbox/aws/repository-access";
import { readToken } from "../../sandbox/aws/token";
import { identityRequest } from "../../sandbox/aws/token-review";

const key = Buffer.from("key");

function token(account: string, expiration: number, signedWith = key): string {
  const claims = Buffer.from(JSON.stringify({ account, expiration })).toString("base64url");
  return `${claims}.${createHmac("sha256", signedWith).update(claims).digest("hex")}`;
}

test("only a token of the control plane's that isn't too old lets its account in", () => {
  const check = (password: string) => readToken(password, key, 100_000);
  assert.deepEqual(check(token("1", 101)), { account: "1" });
  assert.equal(check(token("1", 100)), "expired");
  assert.equal(check(token("1", 101, Buffer.from("another"))), "invalid");
  assert.equal(check(token("1", 101).replace(/^./, "X")), "invalid");
  for (const password of ["", ".", "1-auth-token", `${token("1", 101)}.x`]) {
    assert.equal(check(password), "invalid");
  }
});

test("another account does what the repository's policy lets it do", () => {
  const pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
  assert.deepEqual(
    [actionOf("manifests", "GET"), actionOf("manifests", "HEAD"), actionOf("blobs", "GET")],
    ["ecr:BatchGetImage", ...pull],
  );
  assert.deepEqual(
    [actionOf("manifests", "PUT"), actionOf("blobs", "HEAD"), actionOf("blobs", "POST"), actionOf("blobs", "PATCH")],
    ["ecr:PutImage", "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:InitiateLayerUpload"],
  );
  const policy = JSON.stringify(repositoryPolicy({ keepImages: true, pullers: ["arn:aws:iam::1:root"] }));
  const actions = [...pull, "ecr:PutImage", "ecr:BatchDeleteImage"];
  const allowed = (text: string | undefined, account: string) => actions.filter((each) => allows(text, account, each));
  assert.deepEqual(allowed(policy, "1"), pull);
  assert.deepEqual(allowed(policy, "2"), []);
  assert.deepEqual(allowed(undefined, "1"), []);
  const denied = policy.replace('["ecr:BatchDeleteImage"]', '["ecr:BatchGetImage"]');
  assert.deepEqual(allowed(denied, "1"), ["ecr:GetDownloadUrlForLayer"]);
});

test("a cluster's token is a request to this control plane for who asks, and not an old one", () => {
  const aws = "http://127.0.0.1:5000";
  const now = Date.parse("2026-01-02T03:14:00Z");
  const query = "Action=GetCallerIdentity&X-Amz-Date=20260102T030000Z";
  const encode = (url: string) => `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
  assert.equal(identityRequest(encode(`${aws}/?${query}`), aws, now)?.href, `${aws}/?${query}`);
  const refused = [
    ["", now],
    ["k8s-aws-v1.", now],
    [encode(`${aws}/?${query}`).replace("v1", "v2"), now],
    [encode(`http://elsewhere/?${query}`), now],
    [encode(`${aws}/other?${query}`), now],
    [encode(`${aws}/?${query.replace("GetCallerIdentity", "AssumeRole")}`), now],
    [encode(`${aws}/?Action=GetCallerIdentity`), now],
    [encode(`${aws}/?${query}`), now + 60_000],
  ] as const;
  for (const [token, at] of refused) {
    assert.equal(identityRequest(token, aws, at), undefined, token);
  }
});
