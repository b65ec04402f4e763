import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { ECR } from "@aws-sdk/client-ecr";
import { Resources } from "../../stand-ins/aws/resources";

const type = "aws:ecr/repository:Repository";
const inputs = {
  name: "ping",
  encryptionConfigurations: [{ encryptionType: "KMS" }],
  forceDelete: true,
  imageScanningConfiguration: { scanOnPush: true },
  imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
  imageTagMutabilityExclusionFilters: [{ filter: "cache-*", filterType: "WILDCARD" }],
};
const mutability = {
  imageTagMutability: inputs.imageTagMutability,
  imageTagMutabilityExclusionFilters: inputs.imageTagMutabilityExclusionFilters,
};
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

let server: Server;
let endpoint: string;
let calls: [string, unknown][] = [];

before(async () => {
  server = createServer((request, response) => {
    const action = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
    void text(request).then((body) => {
      calls.push([action, JSON.parse(body)]);
      response.end(JSON.stringify(answers[action] ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** The resources of a provider with these default tags, and what they call from now on. */
function open(defaultTags: Record<string, string>): Resources {
  calls = [];
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const ecr = new ECR({ endpoint, region: "eu-central-1", credentials });
  const noCall = () => Promise.reject(new Error("no call is expected"));
  return new Resources({
    region: "eu-central-1",
    identity: { accountId: "123456789012", arn: "arn" },
    defaultTags,
    ecr: () => Promise.resolve(ecr),
    eks: noCall,
    iam: noCall,
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
  await open({}).delete(type, "ping", state);
  assert.deepEqual(calls, [["DeleteRepository", { repositoryName: "ping", force: true }]]);
  await open({}).delete(type, "ping", { ...state, forceDelete: false });
  assert.deepEqual(calls, [["DeleteRepository", { repositoryName: "ping", force: false }]]);
});
