import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanPolicy, deployPolicy } from "../../../infra/github/role-policies";
import { trustPolicy } from "../../../infra/github/trust-policy";
import { repositoryPolicy } from "../../../infra/registry";
import { authorization } from "../../sandbox/aws/authorization";
import { apiCall, type ApiRequest } from "../../sandbox/aws/api-call";
import { callerOf, principalsOf } from "../../sandbox/aws/caller";
import { decide } from "../../sandbox/aws/policy-decision";
import { registryActions, type RegistryRequest } from "../../sandbox/aws/registry-actions";
import { issueToken, readToken } from "../../sandbox/aws/token";
import { identityRequest } from "../../sandbox/aws/token-review";
import { claimsOf, isTrusted, jobToken } from "../../sandbox/aws/web-identity";

const key = Buffer.from("key");
const job = callerOf("arn:aws:sts::1:assumed-role/ping-staging-deploy/GitHubActions", ["person"]);

test("only a token of the control plane's that isn't too old lets its caller in", () => {
  const check = (password: string) => readToken(password, key, 100);
  assert.deepEqual(check(issueToken(job, 101, key)), job);
  assert.equal(check(issueToken(job, 100, key)), "expired");
  assert.equal(check(issueToken(job, 101, Buffer.from("another"))), "invalid");
  assert.equal(check(issueToken(job, 101, key).replace(/^./, "X")), "invalid");
  for (const password of ["", ".", "1-auth-token", `${issueToken(job, 101, key)}.x`]) {
    assert.equal(check(password), "invalid");
  }
});

test("a session of a role is the role's, unless people take that one on", () => {
  assert.deepEqual([job.account, job.role], ["1", "ping-staging-deploy"]);
  assert.deepEqual(principalsOf(job), ["arn:aws:iam::1:root", "arn:aws:iam::1:role/ping-staging-deploy"]);
  for (const arn of ["arn:aws:sts::1:assumed-role/person/suite", "arn:aws:sts::1:user/moto"]) {
    const person = { account: "1", arn, role: undefined };
    assert.deepEqual(callerOf(arn, ["person"]), person);
    assert.deepEqual(principalsOf(person), ["arn:aws:iam::1:root"]);
  }
});

const repository = "arn:aws:ecr:eu-central-1:1:repository/ping";
const statement = (more: object) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Action: ["ecr:Get*"], Resource: repository, ...more }] });

test("a policy is about actions, resources, principals and conditions, and whoever denies is right", () => {
  const wish = {
    action: "ecr:GetThis",
    resource: repository,
    principals: ["arn:me"],
    context: { "a:sub": "repo:me/x" },
  };
  for (const [more, decision] of [
    [{}, "allow"],
    [{ Action: "ecr:getthis" }, "allow"],
    [{ Action: ["ecr:PutThis"] }, undefined],
    [{ Resource: [`${repository}-2`, "*"] }, "allow"],
    [{ Resource: `${repository}-2` }, undefined],
    [{ Resource: repository.replace("ping", "p?n*") }, "allow"],
    [{ Resource: repository.replace("ping", "p.ng") }, undefined],
    [{ Principal: "*" }, "allow"],
    [{ Principal: { AWS: ["arn:me", "arn:you"] } }, "allow"],
    [{ Principal: { AWS: "arn:you" } }, undefined],
    [{ Condition: { StringEquals: { "a:sub": ["repo:you/x", "repo:me/x"] } } }, "allow"],
    [{ Condition: { StringEquals: { "a:sub": "repo:me/*" } } }, undefined],
    [{ Condition: { StringLike: { "a:sub": "repo:me/*" } } }, "allow"],
    [{ Condition: { StringEquals: { "a:other": "repo:me/x" } } }, undefined],
    [{ Condition: { ArnNotEquals: { "a:sub": ["repo:you/x", "repo:me/y"] } } }, "allow"],
    [{ Condition: { ArnNotEquals: { "a:sub": ["repo:you/x", "repo:me/?"] } } }, undefined],
    [{ Condition: { ArnNotEquals: { "a:other": "repo:me/x" } } }, "allow"],
    [{ Effect: "Deny" }, "deny"],
  ] as const) {
    assert.equal(decide([statement(more)], wish), decision, JSON.stringify(more));
  }
  assert.equal(decide([statement({}), statement({ Effect: "Deny" })], wish), "deny");
  assert.equal(decide([], wish), undefined);
  assert.throws(() => decide([statement({ NotAction: "ecr:*" })], wish), /doesn't evaluate NotAction/);
  assert.throws(() => decide([statement({ Condition: { Bool: { a: "b" } } })], wish), /the condition Bool/);
});

/** Decisions about a repository with this policy, for a role that may push, and what was recorded. */
function account(policyText: string | undefined) {
  const recorded: unknown[] = [];
  const config = { use: "adopt", repository: "ping" } as const;
  const policy = JSON.stringify(deployPolicy({ repository, elsewhere: undefined, config, cluster: undefined }));
  const policies = {
    ofRole: () => Promise.resolve([policy]),
    ofRepository: () => Promise.resolve(policyText === undefined ? [] : [policyText]),
  };
  const authorize = authorization(policies, (call) => recorded.push(call));
  return { authorize, recorded };
}

test("in its account a role does what its own policy says, and every call of it is recorded", async () => {
  const { authorize, recorded } = account(JSON.stringify(repositoryPolicy({ keepImages: true, pullers: [] })));
  const refusals = await Promise.all(
    ["ecr:PutImage", "ecr:DescribeImages", "ecr:BatchDeleteImage"].map((action) => authorize(job, action, repository)),
  );
  const user = `User: ${job.arn} is not authorized to perform`;
  assert.deepEqual(refusals, [
    undefined,
    `${user}: ecr:DescribeImages on resource: ${repository}, because no policy allows it`,
    `${user}: ecr:BatchDeleteImage on resource: ${repository}, because a policy denies it`,
  ]);
  const call = { role: "ping-staging-deploy", resource: repository };
  assert.deepEqual(recorded, [
    { ...call, action: "ecr:PutImage", allowed: true },
    { ...call, action: "ecr:DescribeImages", allowed: false },
    { ...call, action: "ecr:BatchDeleteImage", allowed: false },
  ]);
});

test("a person does everything but what a repository denies, and isn't recorded", async () => {
  const { authorize, recorded } = account(JSON.stringify(repositoryPolicy({ keepImages: true, pullers: [] })));
  const person = { account: "1", arn: "arn:aws:sts::1:user/moto", role: undefined };
  assert.equal(await authorize(person, "ecr:DescribeImages", repository), undefined);
  assert.match((await authorize(person, "ecr:BatchDeleteImage", repository)) ?? "", /a policy denies it$/);
  assert.deepEqual(recorded, []);
});

test("the one role that a repository's policy excepts deletes images, if its own policy lets it", async () => {
  const cleaner = "arn:aws:iam::1:role/ping-staging-clean";
  const repositoryOf = repositoryPolicy({ keepImages: true, cleaner, pullers: [] });
  const role = (name: string, policy: object) => {
    const policies = {
      ofRole: () => Promise.resolve([JSON.stringify(policy)]),
      ofRepository: () => Promise.resolve([JSON.stringify(repositoryOf)]),
    };
    const caller = callerOf(`arn:aws:sts::1:assumed-role/${name}/GitHubActions`, []);
    return authorization(policies, () => undefined)(caller, "ecr:BatchDeleteImage", repository);
  };
  assert.equal(await role("ping-staging-clean", cleanPolicy({ repository })), undefined);
  assert.match((await role("ping-staging-deploy", cleanPolicy({ repository }))) ?? "", /a policy denies it$/);
  assert.match(
    (await role("ping-staging-clean", cleanPolicy({ repository: `${repository}-2` }))) ?? "",
    /no policy allows it$/,
  );
});

test("from another account it takes the repository's policy as well", async () => {
  const other = { account: "2", arn: "arn:aws:sts::2:assumed-role/person/suite", role: undefined };
  const actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"];
  const allowed = async (policy: string | undefined) => {
    const { authorize } = account(policy);
    const refusals = await Promise.all(actions.map((action) => authorize(other, action, repository)));
    return actions.filter((_, index) => refusals[index] === undefined);
  };
  const policy = (id: string) =>
    JSON.stringify(repositoryPolicy({ keepImages: true, pullers: [`arn:aws:iam::${id}:root`] }));
  assert.deepEqual(await allowed(policy("2")), actions.slice(0, 2));
  assert.deepEqual(await allowed(policy("3")), []);
  assert.deepEqual(await allowed(undefined), []);
});

test("each request of the registry's protocol needs the actions that ECR names", () => {
  const request = { method: "GET", kind: "manifests", reference: "x", completes: false, hasBody: false } as const;
  const upload = { ...request, kind: "blobs", reference: "uploads/1" } as const;
  for (const [more, actions] of [
    [request, ["BatchGetImage"]],
    [{ ...request, method: "HEAD" }, ["BatchGetImage"]],
    [{ ...request, method: "PUT", hasBody: true }, ["PutImage"]],
    [{ ...request, method: "DELETE" }, ["BatchDeleteImage"]],
    [{ ...request, kind: "referrers" }, ["BatchGetImage"]],
    [{ ...request, kind: "tags", reference: "list" }, ["ListImages"]],
    [{ ...request, kind: "blobs" }, ["GetDownloadUrlForLayer"]],
    [{ ...request, kind: "blobs", method: "HEAD" }, ["BatchCheckLayerAvailability"]],
    [{ ...upload, method: "POST" }, ["InitiateLayerUpload"]],
    [{ ...upload, method: "PATCH", hasBody: true }, ["UploadLayerPart"]],
    [{ ...upload, method: "PUT", completes: true }, ["CompleteLayerUpload"]],
    [{ ...upload, method: "PUT", completes: true, hasBody: true }, ["UploadLayerPart", "CompleteLayerUpload"]],
  ] satisfies [RegistryRequest, string[]][]) {
    assert.deepEqual(
      registryActions(more),
      actions.map((each) => `ecr:${each}`),
      JSON.stringify(more),
    );
  }
});

test("each request to a service is an action on what it names", () => {
  const cluster = "arn:aws:eks:eu-central-1:1:cluster/main";
  const association = "arn:aws:eks:eu-central-1:1:podidentityassociation/main/a-1";
  const call = (service: string, method: string, path: string, body = "", target?: string) => {
    const url = new URL(path, "http://127.0.0.1");
    const request: ApiRequest = { service, region: "eu-central-1", account: "1", method, url, target, body };
    const { action, resources } = apiCall(request);
    return [action, ...resources];
  };
  const ecr = (name: string, input: object) => call("ecr", "POST", "/", JSON.stringify(input), `ECR_2015.${name}`);
  const role = "arn:aws:iam::1:role/job";
  for (const [actual, expected] of [
    [ecr("GetAuthorizationToken", {}), ["ecr:GetAuthorizationToken", "*"]],
    [ecr("GetRepositoryPolicy", { repositoryName: "ping" }), ["ecr:GetRepositoryPolicy", repository]],
    [
      ecr("DescribeRepositories", { repositoryNames: ["ping", "pong"] }),
      ["ecr:DescribeRepositories", repository, repository.replace("ping", "pong")],
    ],
    [ecr("ListTagsForResource", { resourceArn: repository }), ["ecr:ListTagsForResource", repository]],
    [call("iam", "POST", "/", "Action=GetRole&RoleName=job"), ["iam:GetRole", role]],
    [call("iam", "POST", "/", "Action=ListRoles"), ["iam:ListRoles", "*"]],
    [
      call("iam", "POST", "/", "Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn=arn%3Agithub"),
      ["iam:GetOpenIDConnectProvider", "arn:github"],
    ],
    [call("sts", "GET", "/?Action=GetCallerIdentity"), ["sts:GetCallerIdentity", "*"]],
    [call("sts", "POST", "/", `Action=AssumeRole&RoleArn=${role}`), ["sts:AssumeRole", role]],
    [call("eks", "GET", "/clusters"), ["eks:ListClusters", "*"]],
    [call("eks", "GET", "/clusters/main"), ["eks:DescribeCluster", cluster]],
    [call("eks", "POST", "/clusters/main/pod-identity-associations"), ["eks:CreatePodIdentityAssociation", cluster]],
    [
      call("eks", "GET", "/clusters/main/pod-identity-associations/a-1"),
      ["eks:DescribePodIdentityAssociation", association],
    ],
    [call("eks", "POST", `/tags/${encodeURIComponent(association)}`), ["eks:TagResource", association]],
  ] as const) {
    assert.deepEqual(actual, expected);
  }
  assert.throws(
    () => call("eks", "PATCH", "/clusters/main"),
    /doesn't know which action eks: PATCH \/clusters\/main needs/,
  );
  assert.throws(() => call("s3", "GET", "/bucket"), /s3: GET \/bucket/);
});

test("a job takes on the role whose trust names its subject", () => {
  const provider = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com";
  const trust = JSON.stringify(
    trustPolicy(provider, "aws", { subjects: ["repo:me/ping:environment:staging"], workflow: "deploy.yml@main" }),
  );
  const claims = {
    iss: "https://token.actions.githubusercontent.com",
    aud: "sts.amazonaws.com",
    sub: "repo:me/ping:environment:staging",
    job_workflow_ref: "deploy.yml@main",
  };
  assert.deepEqual(claimsOf(jobToken(claims)), claims);
  assert.equal(isTrusted(trust, claims, "1"), true);
  assert.equal(isTrusted(trust, { ...claims, sub: "repo:me/ping:environment:preview" }, "1"), false);
  assert.equal(isTrusted(trust, { ...claims, job_workflow_ref: "deploy.yml@other" }, "1"), false);
  assert.equal(isTrusted(trust, { ...claims, aud: "sigstore" }, "1"), false);
  assert.equal(isTrusted(trust, { ...claims, iss: "https://elsewhere" }, "1"), false);
  assert.equal(isTrusted(trust, claimsOf("nothing"), "1"), false);
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
