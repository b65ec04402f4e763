import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { ECR } from "@aws-sdk/client-ecr";
import { EKS } from "@aws-sdk/client-eks";
import { IAM } from "@aws-sdk/client-iam";
import { start, stop } from "../../support/servers";
import { Resources } from "../../stand-ins/aws/resources";

const type = "aws:ecr/repository:Repository";
const inputs = {
  name: "ping",
  encryptionConfigurations: [{ encryptionType: "KMS" }],
  forceDelete: true,
  imageScanningConfiguration: { scanOnPush: true },
  imageTagMutability: "IMMUTABLE",
};
const mutability = { imageTagMutability: inputs.imageTagMutability };
const state = { ...inputs, arn: "arn:ping", tagsAll: { project: "ping" } };

/** An ECR that has one repository, whatever it is asked to do. */
const answers: Record<string, object> = {
  DescribeRepositories: {
    repositories: [
      {
        repositoryName: "ping",
        repositoryArn: "arn:ping",
        encryptionConfiguration: { encryptionType: "KMS", kmsKey: "key" },
        imageScanningConfiguration: inputs.imageScanningConfiguration,
        ...mutability,
      },
    ],
  },
  ListTagsForResource: { tags: [{ Key: "project", Value: "ping" }] },
};
const look: [string, object][] = [
  ["DescribeRepositories", { repositoryNames: ["ping"] }],
  ["ListTagsForResource", { resourceArn: "arn:ping" }],
];

/** An IAM that has one role, with a policy of each kind, and EKS with one association. */
const xml: Record<string, string> = {
  CreateRole: "<Role><RoleName>job</RoleName></Role>",
  GetRole: `<Role><RoleName>job</RoleName><Arn>arn:job</Arn><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>
    <Tags><member><Key>project</Key><Value>ping</Value></member></Tags></Role>`,
  ListRolePolicies: "<PolicyNames><member>one</member><member>two</member></PolicyNames>",
  GetRolePolicy: "<PolicyDocument>%7B%7D</PolicyDocument>",
  ListAttachedRolePolicies:
    "<AttachedPolicies><member><PolicyArn>arn:policy/read</PolicyArn></member></AttachedPolicies>",
};
const association = {
  clusterName: "main",
  namespace: "ping",
  serviceAccount: "ping",
  roleArn: "arn:job",
  associationArn: "arn:association",
  associationId: "a-1",
};

let server: Server;
let endpoint: string;
let calls: [string, unknown][] = [];

before(async () => {
  server = createServer((request, response) => {
    const target = request.headers["x-amz-target"];
    void text(request).then((body) => {
      const action =
        typeof target === "string" ? (target.split(".").at(-1) ?? "") : new URLSearchParams(body).get("Action");
      if (target === undefined && action !== null) {
        calls.push([action, new URLSearchParams(body).get("PolicyName") ?? ""]);
        const result = xml[action] ?? "";
        response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
        return;
      }
      calls.push([action ?? `${request.method ?? ""} ${request.url ?? ""}`, body === "" ? {} : JSON.parse(body)]);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(action === null ? { association } : (answers[action] ?? {})));
    });
  });
  endpoint = `http://127.0.0.1:${await start(server)}`;
});

after(() => {
  stop(server);
});

/** The resources of a provider with these default tags, and what they call from now on. */
function open(defaultTags: Record<string, string>): Resources {
  calls = [];
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const config = { endpoint, region: "eu-central-1", credentials };
  return new Resources({
    region: "eu-central-1",
    identity: { accountId: "123456789012", arn: "arn" },
    defaultTags,
    ecr: () => Promise.resolve(new ECR(config)),
    eks: () => Promise.resolve(new EKS(config)),
    iam: () => Promise.resolve(new IAM(config)),
  });
}

test("a repository is created as it is asked for, with the default tags", async () => {
  assert.deepEqual(await open({ project: "ping" }).create(type, inputs), { id: "ping", outputs: state });
  const { imageScanningConfiguration } = inputs;
  const tags = [{ Key: "project", Value: "ping" }];
  const encryptionConfiguration = { encryptionType: "KMS" };
  assert.deepEqual(calls, [
    [
      "CreateRepository",
      { repositoryName: "ping", encryptionConfiguration, imageScanningConfiguration, ...mutability, tags },
    ],
    ...look,
  ]);
});

test("an update calls for what differs alone", async () => {
  await open({ project: "ping" }).update(type, "ping", { ...state, forceDelete: false }, inputs);
  assert.deepEqual(calls, look);
  await open({ project: "ping" }).update(type, "ping", { ...state, imageTagMutability: "MUTABLE" }, inputs);
  assert.deepEqual(calls, [["PutImageTagMutability", { repositoryName: "ping", ...mutability }], ...look]);
});

test("default tags change in place", async () => {
  await open({ stack: "dev", project: "pong" }).update(
    type,
    "ping",
    { ...state, tagsAll: { project: "ping", old: "1" } },
    inputs,
  );
  const tags = [
    { Key: "stack", Value: "dev" },
    { Key: "project", Value: "pong" },
  ];
  assert.deepEqual(calls, [
    ["UntagResource", { resourceArn: "arn:ping", tagKeys: ["old"] }],
    ["TagResource", { resourceArn: "arn:ping", tags }],
    ...look,
  ]);
});

test("a refresh finds what has changed, and keeps what AWS doesn't know", async () => {
  const olds = { ...inputs, imageTagMutability: "MUTABLE" };
  assert.deepEqual(await open({}).read(type, "ping", olds), { inputs, outputs: state });
});

test("a repository is deleted with its images only where the state says so", async () => {
  for (const forceDelete of [true, false]) {
    // It is asked for until it is gone, and this ECR always has it.
    await assert.rejects(open({}).delete(type, "ping", { ...state, forceDelete }), /still there/);
    assert.deepEqual(calls, [["DeleteRepository", { repositoryName: "ping", force: forceDelete }], look[0]]);
  }
});

/** The names of what was called since {@link open}. */
const called = () => calls.map(([action]) => action);
const role = { name: "job", assumeRolePolicy: "{}" };
const roleReads = ["GetRole", "ListRolePolicies", "GetRolePolicy", "GetRolePolicy", "ListAttachedRolePolicies"];

test("whoever reads a role reads its policies, and its tags with it", async () => {
  const type = "aws:iam/role:Role";
  const { outputs } = await open({ project: "ping" }).create(type, role);
  assert.deepEqual(called(), ["CreateRole", ...roleReads]);
  assert.deepEqual(outputs, { ...role, arn: "arn:job", tagsAll: { project: "ping" } });
  await open({ project: "ping" }).read(type, "job", role);
  assert.deepEqual(called(), roleReads);
  await open({ project: "ping" }).update(type, "job", outputs, { ...role, assumeRolePolicy: '{"new":1}' });
  assert.deepEqual(called(), ["UpdateAssumeRolePolicy", ...roleReads]);
  await open({ project: "pong" }).update(type, "job", outputs, role);
  assert.deepEqual(called(), ["TagRole", ...roleReads]);
  await open({}).delete(type, "job", outputs);
  assert.deepEqual(called(), ["ListInstanceProfilesForRole", "DeleteRole"]);
});

test("a role's own policy is read twice after it was made, and once after a change", async () => {
  const type = "aws:iam/rolePolicy:RolePolicy";
  const inputs = { role: "job", name: "one", policy: "{}" };
  await open({}).create(type, inputs);
  assert.deepEqual(called(), ["PutRolePolicy", "GetRolePolicy", "GetRolePolicy"]);
  await open({}).update(type, "job:one", inputs, { ...inputs, policy: '{"new":1}' });
  assert.deepEqual(called(), ["PutRolePolicy", "GetRolePolicy"]);
});

test("a policy that a role has is found in the list of all", async () => {
  await open({}).create("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
    role: "job",
    policyArn: "arn:policy/read",
  });
  assert.deepEqual(called(), ["AttachRolePolicy", "ListAttachedRolePolicies"]);
});

test("an association gets the default tags when it is made, and others by its ARN", async () => {
  const type = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
  const { associationArn: _arn, associationId: _id, ...inputs } = association;
  const { id, outputs } = await open({ project: "ping" }).create(type, inputs);
  const { clusterName: _, ...body } = inputs;
  const path = "/clusters/main/pod-identity-associations";
  const describe = [`GET ${path}/a-1`, {}];
  const { clientRequestToken: _token, ...sent } = Object.fromEntries(Object.entries(calls[0]?.[1] ?? {}));
  assert.deepEqual(calls, [[`POST ${path}`, calls[0]?.[1]], describe]);
  assert.deepEqual(sent, { ...body, tags: { project: "ping" } });
  await open({ project: "pong" }).update(type, id, outputs, inputs);
  assert.deepEqual(calls, [["POST /tags/arn%3Aassociation", { tags: { project: "pong" } }], describe]);
});
