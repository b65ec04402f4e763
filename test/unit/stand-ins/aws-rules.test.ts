import assert from "node:assert/strict";
import { test } from "node:test";
import { comparableDocument, documentText } from "../../stand-ins/aws/document";
import { checkInputs, diffInputs, kindOf, Resources, tagChange } from "../../stand-ins/aws/provider";
import { parseSettings, refusedSettings } from "../../stand-ins/aws/settings";
import { type Properties, textAt, unknownString } from "../../stand-ins/values";

const repository = kindOf("aws:ecr/repository:Repository");
const lifecyclePolicy = kindOf("aws:ecr/lifecyclePolicy:LifecyclePolicy");
const role = kindOf("aws:iam/role:Role");
const seed = new Uint8Array([1, 2, 3]);

const account = {
  region: "eu-central-1",
  identity: { accountId: "123456789012", arn: "arn", userId: "id" },
  defaultTags: { project: "ping" },
  ecr: () => Promise.reject(new Error("no call is expected")),
  eks: () => Promise.reject(new Error("no call is expected")),
  iam: () => Promise.reject(new Error("no call is expected")),
};

/** What a diff says: path → whether it replaces. */
function changes(kind: typeof repository, olds: Properties, news: Properties, state: Properties = olds, tags = {}) {
  const { changes: found, deleteFirst } = diffInputs(kind, state, olds, news, tags);
  return { paths: Object.fromEntries(found.map(({ path, replaces }) => [path.join("."), replaces])), deleteFirst };
}

test("a document is kept as text, and stays unknown where a part of it is", () => {
  assert.equal(documentText({ Version: "2012-10-17" }), '{"Version":"2012-10-17"}');
  assert.equal(documentText('{ "a": 1 }'), '{ "a": 1 }');
  assert.equal(documentText({ Resource: unknownString }), unknownString);
});

test("documents are the same where they mean the same", () => {
  const same: [string, string][] = [
    ['{"a": 1, "b": 2}', '{"b":2,"a":1}'],
    ['{"Action": "ecr:Get"}', '{"Action":["ecr:Get"]}'],
    ['{"Action": ["a", "b"]}', '{"Action":["b","a"]}'],
  ];
  for (const [a, b] of same) assert.equal(comparableDocument(a), comparableDocument(b));
  assert.notEqual(comparableDocument('{"rules":[{"p":1},{"p":2}]}'), comparableDocument('{"rules":[{"p":2},{"p":1}]}'));
  assert.equal(comparableDocument("no JSON"), "no JSON");
});

test("a fixed name is kept, and one is made up that the next update keeps", () => {
  assert.deepEqual(checkInputs(repository, "ping", seed, {}, { name: "team/ping" }), {
    inputs: { name: "team/ping" },
    refused: [],
  });
  const first = checkInputs(repository, "ping", seed, {}, {}).inputs;
  assert.match(textAt(first, "name"), /^ping-[0-9a-f]{7}$/);
  assert.deepEqual(checkInputs(repository, "ping", new Uint8Array([9]), first, {}).inputs, first);
});

test("missing inputs, and those that only the real provider does, are refused by name", () => {
  assert.deepEqual(checkInputs(lifecyclePolicy, "ping", seed, {}, { policy: { rules: [] }, region: "eu-west-1" }), {
    inputs: { policy: '{"rules":[]}', region: "eu-west-1" },
    refused: [
      { property: "region", reason: "the AWS stand-in doesn't do region of an ECR Lifecycle Policy" },
      { property: "repository", reason: "Missing required argument: repository of an ECR Lifecycle Policy" },
    ],
  });
});

test("resources that this plugin doesn't have are refused by type", () => {
  assert.throws(() => kindOf("aws:s3/bucket:Bucket"), /doesn't manage aws:s3\/bucket:Bucket, only aws:ecr/);
});

test("what AWS can't change replaces, and a name that stays is freed first", () => {
  const olds = { name: "ping", encryptionConfigurations: [{ encryptionType: "AES256" }] };
  assert.deepEqual(changes(repository, olds, { ...olds, name: "pong" }), {
    paths: { name: true },
    deleteFirst: false,
  });
  assert.deepEqual(changes(repository, olds, { name: "ping", encryptionConfigurations: [{ encryptionType: "KMS" }] }), {
    paths: { encryptionConfigurations: true },
    deleteFirst: true,
  });
  assert.deepEqual(changes(lifecyclePolicy, { repository: "a", policy: "{}" }, { repository: "b", policy: "{}" }), {
    paths: { repository: true },
    deleteFirst: false,
  });
});

test("a default is the same as nothing, and a document as another that means it", () => {
  const defaults = {
    encryptionConfigurations: [{ encryptionType: "AES256" }],
    forceDelete: false,
    imageScanningConfiguration: { scanOnPush: false },
    imageTagMutability: "MUTABLE",
    imageTagMutabilityExclusionFilters: [],
  };
  assert.deepEqual(changes(repository, { name: "ping" }, { name: "ping", ...defaults }).paths, {});
  const trust = { assumeRolePolicy: '{"Statement":[{"Action":["sts:AssumeRoleWithWebIdentity"]}]}' };
  const other = { assumeRolePolicy: '{"Statement":[{"Action":"sts:AssumeRoleWithWebIdentity"}]}' };
  assert.deepEqual(changes(role, trust, other).paths, {});
});

test("other settings are updates, an unknown one too", () => {
  const olds = { name: "ping", imageTagMutability: "IMMUTABLE", forceDelete: true };
  const news = { name: "ping", imageTagMutability: unknownString };
  assert.deepEqual(changes(repository, olds, news), {
    paths: { imageTagMutability: false, forceDelete: false },
    deleteFirst: false,
  });
});

test("a change of the provider's default tags is one of every resource that has tags", () => {
  const state = { tagsAll: { project: "ping", stack: "dev" } };
  const inputs = { name: "ping", tags: { stack: "dev" } };
  const without = { name: "ping" };
  assert.deepEqual(changes(repository, inputs, inputs, state, { project: "ping" }).paths, {});
  assert.deepEqual(changes(repository, inputs, inputs, state, { project: "pong" }).paths, { "tagsAll.project": false });
  assert.deepEqual(changes(repository, inputs, without, state, { project: "ping" }).paths, {
    tags: false,
    "tagsAll.stack": false,
  });
  assert.deepEqual(tagChange({ a: "1", b: "2", c: "3" }, { a: "1", b: "4", d: "5" }), {
    set: { b: "4", d: "5" },
    remove: ["c"],
  });
});

test("a preview knows the inputs and all tags, and of what exists what stays", () => {
  const resources = new Resources(account);
  const type = "aws:ecr/repository:Repository";
  assert.deepEqual(resources.preview(type, {}, { name: "ping" }), { name: "ping", tagsAll: { project: "ping" } });
  assert.deepEqual(
    resources.preview(type, { name: "ping", arn: "arn", forceDelete: true, tagsAll: {} }, { name: "ping" }),
    { arn: "arn", name: "ping", tagsAll: { project: "ping" } },
  );
  assert.deepEqual(resources.preview(type, {}, { name: "ping", tags: { at: unknownString } }), {
    name: "ping",
    tags: { at: unknownString },
  });
});

test("the provider's arguments come as text and JSON, and the region from the environment where there is none", () => {
  const given: Record<string, string> = {
    region: "eu-central-1",
    profile: "me",
    allowedAccountIds: '["123456789012"]',
    defaultTags: '{"tags":{"project":"ping"}}',
  };
  const nothing = { region: "eu-west-1", profile: "", allowedAccountIds: [], defaultTags: {} };
  assert.deepEqual(
    parseSettings((key) => given[key], {}),
    {
      region: "eu-central-1",
      profile: "me",
      allowedAccountIds: ["123456789012"],
      defaultTags: { project: "ping" },
    },
  );
  assert.deepEqual(
    parseSettings(() => undefined, { AWS_DEFAULT_REGION: "eu-west-1" }),
    nothing,
  );
});

test("arguments that only the real provider does are refused by name", () => {
  assert.deepEqual(refusedSettings({ region: "x", version: "7", skipRegionValidation: "true", profile: null }), []);
  const reasons = refusedSettings({ assumeRoles: "[]", defaultTags: '{"tags":{},"tagPrefix":"x"}' });
  assert.deepEqual(reasons, [
    { property: "assumeRoles", reason: `the AWS stand-in doesn't do assumeRoles: "[]"` },
    {
      property: "defaultTags.tagPrefix",
      reason: `the AWS stand-in doesn't do defaultTags.tagPrefix: "x"`,
    },
  ]);
});
