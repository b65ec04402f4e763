import assert from "node:assert/strict";
import * as http from "node:http";
import https from "node:https";
import * as net from "node:net";
import { test, type TestContext } from "node:test";
import { type Answers, Mocks, pushedDigest, unknown } from "../../support/mocks";
import { listen, unusedPort } from "../../support/servers";
import { awsConfig, awsFunctions, awsOutputs, registryHost } from "../aws";
import { run } from "../program";

/** Runs the program against an empty registry in ECR and an EKS cluster, both on the loopback. */
async function runInAws(t: TestContext, config: Record<string, unknown> = {}, answers: Answers = {}) {
  const port = await listen(t, net.createServer());
  const registry = await listen(
    t,
    http.createServer((_, response) => response.writeHead(404).end()),
  );
  t.mock.method(https, "request", ({ pathname }: URL, options: http.RequestOptions, done: () => void) =>
    http.request(new URL(pathname, `http://127.0.0.1:${registry}`), options, done),
  );
  const mocks = await Mocks.start({
    outputs: awsOutputs,
    ...answers,
    functions: { ...awsFunctions(port), ...answers.functions },
  });
  const cluster = { eks: { name: "main" } };
  const outcome = run(t, {
    ...awsConfig,
    registry: { ecr: {} },
    cluster,
    replicas: { min: 2, max: 2 },
    ...config,
  }).then(({ repository: _, ...stackOutputs }) => stackOutputs);
  return { mocks, outcome };
}

const service = [
  "kubernetes:apps/v1:Deployment ping-deployment",
  "kubernetes:core/v1:Namespace ping-namespace",
  "kubernetes:core/v1:Service ping-service",
  "kubernetes:core/v1:ServiceAccount ping-account",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy ping-network-policy",
  "kubernetes:policy/v1:PodDisruptionBudget ping-disruption-budget",
  "ping:index:EcrRegistry ping",
  "ping:index:GoService ping",
  "ping:index:ServiceImage ping",
  "pulumi:index:Stash ping-binaries",
  "pulumi:index:Stash ping-user",
  "pulumi:providers:docker registry-reader",
  "pulumi:providers:kubernetes cluster",
];
const repository = [
  "aws:ecr/repository:Repository ping-repository",
  "aws:ecr/repositoryPolicy:RepositoryPolicy ping-policy",
];
const built = [
  ...repository,
  "docker-build:index:Image ping-build",
  "pulumi:providers:docker-build image-builder",
  ...service,
];

const outputs = {
  platforms: { "linux/amd64": `sha256:${"a".repeat(64)}`, "linux/arm64": `sha256:${"b".repeat(64)}` },
  namespace: "ping-dev",
  service: "ping",
  url: "http://ping.ping-dev.svc.cluster.local",
};

for (const preview of [false, true]) {
  test(`${preview ? "a preview plans" : "an update makes"} repository, image and service, with no key in an output`, async (t) => {
    const { mocks, outcome } = await runInAws(t, {}, { preview });
    const image = `${registryHost}/ping@${pushedDigest}`;
    assert.deepEqual(
      await outcome,
      preview ? { ...outputs, image: unknown, platforms: unknown } : { ...outputs, image },
    );
    assert.deepEqual(await mocks.registered(), built.toSorted());
    const { push, exports, tags, registries } = mocks.inputs("docker-build:index:Image");
    const known = { push: false, exports: [{ registry: { pushByDigest: true } }], tags: [`${registryHost}/ping`] };
    assert.deepEqual({ push, exports, tags }, known, "unknown inputs would keep a preview from building");
    assert.match(JSON.stringify(registries), new RegExp(registryHost), "the preview of a build logs in too");
    const others = mocks.resources.filter(({ type }) => type !== "docker-build:index:Image");
    assert.doesNotMatch(JSON.stringify(others), /hush/);
  });
}

test("GitHub's roles are stack outputs where the config asks for them", async (t) => {
  const { mocks, outcome } = await runInAws(t, { github: { repository: "me/ping" } });
  const { deployRole, previewRole } = await outcome;
  assert.deepEqual(
    { deployRole, previewRole },
    { deployRole: "arn:ping-dev-deploy", previewRole: "arn:ping-dev-preview" },
  );
  const added = [
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider ping-github",
    "aws:iam/role:Role ping-deploy-role",
    "aws:iam/role:Role ping-preview-role",
    "aws:iam/rolePolicy:RolePolicy ping-deploy-policy",
    "aws:iam/rolePolicy:RolePolicy ping-preview-policy",
    "ping:index:GithubIdentity ping",
  ];
  assert.deepEqual(await mocks.registered(), [...built, ...added].sort());
});

test("the pods' role is a stack output where the config asks for it, and the Deployment waits for it", async (t) => {
  const policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"];
  for (const preview of [false, true]) {
    const { mocks, outcome } = await runInAws(t, { podRole: { policies } }, { preview });
    const { podRole } = await outcome;
    assert.equal(podRole, preview ? unknown : "arn:ping-dev-pods");
    const added = [
      "aws:eks/podIdentityAssociation:PodIdentityAssociation ping-pod-identity",
      "aws:iam/role:Role ping-pod-role",
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment ping-pod-policy-aws:policy/AmazonS3ReadOnlyAccess",
      "ping:index:PodIdentity ping",
    ];
    assert.deepEqual(await mocks.registered(), [...built, ...added].sort());
    const deployment = JSON.stringify(mocks.inputs("kubernetes:apps/v1:Deployment"));
    assert.equal(deployment.includes('"pod-role":"arn:ping-dev-pods"'), !preview);
    const { namespace, serviceAccount } = mocks.inputs("aws:eks/podIdentityAssociation:PodIdentityAssociation");
    assert.deepEqual({ namespace, serviceAccount }, { namespace: "ping-dev", serviceAccount: "ping" });
  }
});

const image = `${registryHost}/team/ping@${pushedDigest}`;
const lookUp = "docker:index/getRegistryImageManifests:getRegistryImageManifests";

test("prod in its own account deploys the digest that staging's account has, and asks that registry with its own token", async (t) => {
  const host = registryHost.replace("111122223333", "444455556666");
  const foreign = `${host}/team/ping@${pushedDigest}`;
  const stacks = { staging: { image: foreign } };
  for (const preview of [false, true]) {
    for (const config of [
      { imageFrom: "staging" },
      { imageFrom: "staging", image: foreign },
      { image: foreign, "aws:allowedAccountIds": ["111122223333", "444455556666"] },
    ]) {
      const { mocks, outcome } = await runInAws(t, config, { preview, stacks });
      assert.deepEqual(await outcome, { ...outputs, image: foreign });
      const made = "imageFrom" in config ? ["pulumi:pulumi:StackReference image-stack"] : repository;
      assert.deepEqual(await mocks.registered(), [...service, ...made].sort());
      assert.deepEqual(
        mocks.calls.filter(({ token }) => token === lookUp).map(({ inputs }) => inputs["authConfig"]),
        [{ address: `https://${host}`, username: "AWS", password: "hush" }],
      );
    }
  }
});

test("the token is sent to no registry of a third account", async (t) => {
  const third = `${registryHost.replace("111122223333", "777788889999")}/ping@${pushedDigest}`;
  const stacks = { staging: { image: `${registryHost.replace("111122223333", "444455556666")}/ping@${pushedDigest}` } };
  for (const config of [{ image: third }, { image: third, imageFrom: "staging" }]) {
    const { mocks, outcome } = await runInAws(t, config, { stacks });
    await assert.rejects(
      outcome,
      /the image is in 777788889999\.dkr\.ecr\..*, and this stack deploys from ECR of 111122223333/,
    );
    assert.deepEqual(
      mocks.calls.filter(({ token }) => token === lookUp),
      [],
    );
    await mocks.registered();
  }
});

test("another stack's image is promoted by digest, and its platforms verified: no build, no repository", async (t) => {
  for (const preview of [false, true]) {
    const { mocks, outcome } = await runInAws(t, { imageFrom: "staging" }, { preview, stacks: { staging: { image } } });
    assert.deepEqual(await outcome, { ...outputs, image });
    assert.deepEqual(await mocks.registered(), [...service, "pulumi:pulumi:StackReference image-stack"].sort());
    assert.ok(JSON.stringify(mocks.inputs("kubernetes:apps/v1:Deployment")).includes(`"image":"${image}"`));
    assert.ok(mocks.calls.some(({ token }) => token.startsWith("docker:index/getRegistryImageManifests")));
  }
});

test("of the AWS SDK no more is loaded than what is used: the whole of it costs a preview 0.2 s", () => {
  const loaded = Object.keys(require.cache).filter((file) => file.includes("/@pulumi/aws/"));
  assert.ok(loaded.some((file) => file.endsWith("/ecr/index.js")));
  assert.deepEqual(
    loaded.filter((file) => file.endsWith("/@pulumi/aws/index.js")),
    [],
  );
  assert.ok(loaded.length < 30, loaded.join("\n"));
});

test("rolling back is setting the digest that ran before, in a stack that promotes and in one that builds", async (t) => {
  const promoting = await runInAws(t, { image, imageFrom: "staging" });
  assert.deepEqual(await promoting.outcome, { ...outputs, image });
  assert.deepEqual(await promoting.mocks.registered(), service.toSorted());
  const building = await runInAws(t, { image, registry: { ecr: { repository: "team/ping" } } });
  assert.deepEqual(await building.outcome, { ...outputs, image });
  assert.deepEqual(await building.mocks.registered(), [...repository, ...service].sort());
});

test("whatever is wrong in AWS stops the program before anything is registered", async (t) => {
  const cases: [Record<string, unknown>, Answers, RegExp][] = [
    [{ "aws:allowedAccountIds": ["444455556666"] }, {}, /allows only 444455556666/],
    [{ "aws:region": "moon" }, {}, /aws:region must be a region of AWS/],
    [
      {},
      {
        functions: { "aws:index/getCallerIdentity:getCallerIdentity": new Error("No valid credential sources found") },
      },
      /no AWS credentials that work were found/,
    ],
    [
      {},
      { functions: { "aws:eks/getCluster:getCluster": new Error("gone") } },
      /the EKS cluster main can't be found: gone\. Visible in this account and region: main, other\./,
    ],
    [{ image: `ghcr.io/me/ping@${pushedDigest}` }, {}, /the image is in ghcr\.io\/me\/ping/],
    [{ cluster: { context: "gone" } }, {}, /has no context gone/],
  ];
  for (const [config, answers, message] of cases) {
    const { mocks, outcome } = await runInAws(t, config, answers);
    await assert.rejects(outcome, message);
    assert.deepEqual(await mocks.registered(), []);
  }
  const down = {
    endpoint: `https://127.0.0.1:${await unusedPort()}`,
    certificateAuthorities: [{ data: "Q0E=" }],
    arn: "arn:a:b:c:d:e",
  };
  const { mocks, outcome } = await runInAws(t, {}, { functions: { "aws:eks/getCluster:getCluster": down } });
  await assert.rejects(outcome, /the API server of the EKS cluster main, .* can't be reached/);
  assert.deepEqual(await mocks.registered(), []);
});
