import assert from "node:assert/strict";
import { test } from "node:test";
import { changedInputs, kindOf, refusedInputs, replacement, Resources } from "../../stand-ins/aws/resources";
import { parseSettings, refusedSettings } from "../../stand-ins/aws/settings";

const repository = kindOf("aws:ecr/repository:Repository");
const repositoryPolicy = kindOf("aws:ecr/repositoryPolicy:RepositoryPolicy");

/** What the engine sends in place of a text that only the update will tell. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const noCall = () => Promise.reject(new Error("no call is expected"));
const account = {
  region: "eu-central-1",
  identity: { accountId: "123456789012", arn: "arn" },
  defaultTags: { project: "ping" },
  ecr: noCall,
  eks: noCall,
  iam: noCall,
};

const inputs = {
  name: "ping",
  encryptionConfigurations: [{ encryptionType: "KMS" }],
  forceDelete: false,
  imageScanningConfiguration: { scanOnPush: true },
  imageTagMutability: "IMMUTABLE",
};
const tags = { project: "ping" };
const state = { ...inputs, arn: "arn", tagsAll: tags };

test("inputs that only the real provider has, and those that are missing, are refused by name", () => {
  assert.deepEqual(refusedInputs(repository, inputs), []);
  assert.deepEqual(refusedInputs(repositoryPolicy, { policy: "{}", region: "eu-west-1" }), [
    { property: "region", reason: "the AWS stand-in doesn't have region of an ECR Repository Policy" },
    { property: "repository", reason: "the AWS stand-in needs repository of an ECR Repository Policy" },
  ]);
});

test("resources that the stand-in doesn't have are refused by type", () => {
  assert.throws(() => kindOf("aws:s3/bucket:Bucket"), /doesn't manage aws:s3\/bucket:Bucket, only aws:ecr/);
});

test("the same inputs and tags are no change", () => {
  assert.deepEqual(changedInputs(repository, state, inputs, inputs, tags), []);
});

test("every input that differs is a change, one that isn't known yet too", () => {
  const news = { ...inputs, name: unknown, imageScanningConfiguration: { scanOnPush: false } };
  assert.deepEqual(changedInputs(repository, state, inputs, news, tags), ["name", "imageScanningConfiguration"]);
});

test("what AWS can't change makes a new resource", () => {
  const replacing = (kind: typeof repository) => replacement(kind, Object.keys(kind.inputs)).because;
  assert.deepEqual(
    ["ecr/repository:Repository", "ecr/lifecyclePolicy:LifecyclePolicy", "ecr/repositoryPolicy:RepositoryPolicy"]
      .concat(["iam/role:Role", "iam/rolePolicy:RolePolicy", "iam/openIdConnectProvider:OpenIdConnectProvider"])
      .concat(["iam/rolePolicyAttachment:RolePolicyAttachment", "eks/podIdentityAssociation:PodIdentityAssociation"])
      .map((type) => replacing(kindOf(`aws:${type}`))),
    [["name", "encryptionConfigurations"], ["repository", "policy"], ["repository"], ["name"]].concat([
      ["name", "role"],
      ["url"],
      ["role", "policyArn"],
      ["clusterName", "namespace", "serviceAccount"],
    ]),
  );
});

test("what is replaced under the same id is deleted first, and what has another id is created first", () => {
  const first = (type: string, ...changed: string[]) => replacement(kindOf(`aws:${type}`), changed).deleteFirst;
  assert.equal(first("ecr/lifecyclePolicy:LifecyclePolicy", "policy"), true);
  assert.equal(first("ecr/repository:Repository", "encryptionConfigurations", "forceDelete"), true);
  assert.equal(first("ecr/repository:Repository", "name", "encryptionConfigurations"), false);
  assert.equal(first("iam/rolePolicyAttachment:RolePolicyAttachment", "policyArn"), false);
  assert.equal(first("ecr/repositoryPolicy:RepositoryPolicy", "policy"), false, "an update in place");
  assert.equal(first("ecr/repository:Repository", "tagsAll"), false);
});

test("a policy in another format is the same, and with another order of rules it isn't", () => {
  const policy = (text: string) => ({ repository: "ping", policy: text });
  const changed = (one: string, other: string) => changedInputs(repositoryPolicy, {}, policy(one), policy(other), {});
  assert.deepEqual(changed('{"a": 1, "b": 2}', '{"b":2,"a":1}'), []);
  assert.deepEqual(changed('{"rules":[1,2]}', '{"rules":[2,1]}'), ["policy"]);
  assert.deepEqual(changed('{"rules":[1,2]}', unknown), ["policy"]);
});

test("a change of the provider's default tags is one of every resource that has tags", () => {
  const policy = { repository: "ping", policy: "{}" };
  assert.deepEqual(changedInputs(repository, state, inputs, inputs, { project: "pong" }), ["tagsAll"]);
  assert.deepEqual(changedInputs(repositoryPolicy, policy, policy, policy, { project: "pong" }), []);
});

test("a preview knows the inputs and all tags, and of what exists its outputs", () => {
  const resources = new Resources(account);
  const type = "aws:ecr/repository:Repository";
  assert.deepEqual(resources.preview(type, {}, inputs), { ...inputs, tagsAll: tags });
  assert.deepEqual(resources.preview(type, { ...state, forceDelete: true, tagsAll: {} }, inputs), state);
});

test("the provider's arguments come as text and JSON, and those of the real provider alone are refused", () => {
  const given: Record<string, string> = {
    region: "eu-central-1",
    allowedAccountIds: '["123456789012"]',
    defaultTags: '{"tags":{"project":"ping"}}',
    version: "7.48.0",
  };
  assert.deepEqual(
    parseSettings((key) => given[key]),
    { region: "eu-central-1", allowedAccountIds: ["123456789012"], defaultTags: { project: "ping" } },
  );
  assert.deepEqual(
    parseSettings(() => undefined),
    { region: "", allowedAccountIds: [], defaultTags: {} },
  );
  assert.deepEqual(refusedSettings(given), []);
  assert.deepEqual(refusedSettings({ ...given, profile: "me", assumeRoles: "[]" }), ["profile", "assumeRoles"]);
});
