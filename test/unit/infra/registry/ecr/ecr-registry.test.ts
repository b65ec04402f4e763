import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import type { Repository } from "../../../../../common";
import type { EcrConfig, PinnedSource } from "../../../../../infra/config";
import { EcrRegistry } from "../../../../../infra/registry/ecr/ecr-registry";
import { findEcr } from "../../../../../infra/registry/ecr/find-ecr";
import { lifecyclePolicy } from "../../../../../infra/registry/ecr/lifecycle-policy";
import { repositoryPolicy } from "../../../../../infra/registry/ecr/repository-policy";
import { openRegistry } from "../../../../../infra/registry/open-registry";
import "../../../../support/docker-config";
import { type Answers, Mocks, promiseOf } from "../../../../support/mocks";
import { listen } from "../../../../support/servers";
import { awsFunctions, awsOutputs, registryHost } from "../../../aws";
import { recorded } from "../../../recorded";

const whole = { protect: false, forceDelete: false, expireAfter: undefined };
const made: EcrConfig = { repository: "team/ping", use: "make", ...whole, pullAccounts: [] };
const toMake = { repository: "team/ping", ...whole, pullers: [] };
const account = { id: "111122223333", partition: "aws", region: "eu-central-1", allowedIds: ["111122223333"] };
const functions = awsFunctions();
const getToken = "aws:ecr/getAuthorizationToken:getAuthorizationToken";
const credentials = { username: "AWS", password: "hush" };
const digest = `sha256:${"a".repeat(64)}`;
const place = (host = registryHost): Repository => ({ name: `${host}/team/ping`, host, path: "team/ping" });
const pinned = (host?: string, promotedFrom?: string): PinnedSource => ({
  kind: "pinned",
  repository: place(host),
  digest,
  ...(promotedFrom === undefined ? {} : { promotedFrom }),
});

/** Opens the registry as a stack does. */
async function open(config: EcrConfig = made, answers: Answers = {}, image?: PinnedSource) {
  const mocks = await Mocks.start({ functions, outputs: awsOutputs, ...answers });
  const registry = openRegistry("web", await findEcr(config, image, account));
  return { mocks, registry };
}

/** An account's registry that answers every request with a login like this, with what it was asked. */
async function ecrThat(t: TestContext, status: number, code: string) {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ method = "", url = "", headers }, response) => {
    asked.push(`${method} ${url}`, headers.authorization);
    const refused = headers.authorization === undefined;
    response.writeHead(refused ? 401 : status, refused ? { "www-authenticate": 'Basic realm="ECR"' } : {});
    response.end(JSON.stringify({ errors: [{ code }] }));
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  const getToken = "aws:ecr/getAuthorizationToken:getAuthorizationToken";
  const proxyEndpoint = `http://${host}`;
  return { asked, host, functions: { ...functions, [getToken]: { ...functions[getToken], proxyEndpoint } } };
}

const repository = {
  type: "aws:ecr/repository:Repository",
  name: "web-repository",
  inputs: {
    name: "team/ping",
    imageTagMutability: "IMMUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfigurations: [{ encryptionType: "KMS" }],
    forceDelete: false,
  },
};
const component = { type: "ping:index:EcrRegistry", name: "web", inputs: {} };
const policy = {
  type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
  name: "web-policy",
  inputs: { repository: "team/ping", policy: JSON.stringify(repositoryPolicy({ keepImages: true, pullers: [] })) },
};

for (const preview of [false, true]) {
  test(`${preview ? "a preview plans" : "an update makes"} the repository with its policy, and nothing else`, async () => {
    const { mocks, registry } = await open(made, { preview });
    assert.equal(await promiseOf(registry.repository), `${registryHost}/team/ping`);
    await mocks.registered();
    assert.deepEqual(mocks.resources, [component, repository, policy]);
    assert.deepEqual(
      mocks.calls.map(({ token }) => token),
      ["aws:ecr/getAuthorizationToken:getAuthorizationToken"],
    );
    assert.deepEqual([...mocks.providers], [], "the default provider's tags are the resources' tags");
  });
}

test("where images expire, a lifecycle policy is in the other policy's place", async () => {
  const { mocks } = await open({ ...made, expireAfter: 30 });
  await mocks.registered();
  const lifecycle = {
    type: "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    name: "web-lifecycle",
    inputs: { repository: "team/ping", policy: JSON.stringify(lifecyclePolicy(30)) },
  };
  assert.deepEqual(mocks.resources, [component, repository, lifecycle]);
});

test("an image expires so many days after its push, whatever its tags", () => {
  assert.deepEqual(lifecyclePolicy(30), {
    rules: [
      {
        rulePriority: 1,
        description: "Images go 30 days after they were pushed",
        selection: { tagStatus: "any", countType: "sinceImagePushed", countUnit: "days", countNumber: 30 },
        action: { type: "expire" },
      },
    ],
  });
});

test("a token that has expired is an error, before anything is built with it", async () => {
  const token = { ...functions[getToken], expiresAt: "2020-01-01T00:00:00Z" };
  await assert.rejects(open(made, { functions: { ...functions, [getToken]: token } }), {
    message: /^ECR's token has expired at 2020-01-01T00:00:00Z; this machine's clock says .*Z\. Set the clock/,
  });
});

test("an image waits for the repository that it is pushed to", async () => {
  const { mocks, registry } = await open();
  const repositoryUrl = pulumi.output(registry.repository);
  const resources: unknown = Reflect.get(repositoryUrl, "resources");
  assert.ok(typeof resources === "function");
  const found: unknown = Reflect.apply(resources, repositoryUrl, []);
  assert.ok(found instanceof Set);
  const waitedFor = [...found].filter((resource: unknown) => pulumi.Resource.isInstance(resource));
  const urns = await Promise.all(waitedFor.map(({ urn }) => promiseOf(urn)));
  assert.deepEqual(
    urns.map((urn) => String(urn).split("::").at(-1)),
    ["web-repository"],
  );
  await mocks.registered();
});

test("host, address and credentials are known in every preview, and the token is a secret", async () => {
  const { mocks, registry } = await open(made, { preview: true });
  assert.deepEqual([registry.host, registry.address], [registryHost, `https://${registryHost}`]);
  const { username, password } = registry.credentials ?? assert.fail("no credentials");
  assert.equal(username, "AWS");
  assert.equal(await pulumi.isSecret(pulumi.output(password)), true);
  assert.equal(await promiseOf(pulumi.unsecret(pulumi.output(password))), "hush");
  await mocks.registered();
});

test("the token is in nothing that is registered, nor among the component's outputs", async () => {
  const { mocks } = await open();
  const outputs: string[] = [];
  class Watched extends EcrRegistry {
    protected override registerOutputs(given?: pulumi.Inputs): void {
      outputs.push(...Object.keys(given ?? {}));
    }
  }
  new Watched("watched", { repository: place(), credentials, dockerLogin: false, make: toMake, promotion: undefined });
  await mocks.registered();
  assert.deepEqual(outputs, ["repository"]);
  assert.doesNotMatch(JSON.stringify(mocks.resources), /hush|QVdTOmh1c2g/);
});

test("deletion is refused, or takes the images along, only where the config says so", async () => {
  for (const make of [toMake, { ...toMake, protect: true }, { ...toMake, forceDelete: true }]) {
    const mocks = await Mocks.start();
    const { made, record } = recorded();
    new EcrRegistry(
      "web",
      { repository: place(), credentials, dockerLogin: false, make, promotion: undefined },
      { transformations: [record] },
    );
    await mocks.registered();
    const protectedOnes = [...made].filter(([, { opts }]) => opts.protect === true).map(([name]) => name);
    assert.deepEqual(protectedOnes, make.protect ? ["web-repository"] : []);
    assert.equal(mocks.inputs("aws:ecr/repository:Repository")["forceDelete"], make.forceDelete);
  }
});

test("a repository that exists is adopted by name, and nothing is made", async (t) => {
  const { functions, asked } = await ecrThat(t, 404, "MANIFEST_UNKNOWN");
  for (const preview of [false, true]) {
    const { mocks, registry } = await open({ use: "adopt", repository: "team/ping" }, { preview, functions });
    assert.match(String(await promiseOf(registry.repository)), /^127\.0\.0\.1:\d+\/team\/ping$/);
    await mocks.registered();
    assert.deepEqual(mocks.resources, [component]);
    // AWS's own look-up needs rights that a job doesn't have.
    assert.deepEqual(
      mocks.calls.map(({ token }) => token),
      ["aws:ecr/getAuthorizationToken:getAuthorizationToken"],
    );
    const basic = `Basic ${Buffer.from("AWS:hush").toString("base64")}`;
    const once = ["GET /v2/team/ping/manifests/x", undefined, "GET /v2/team/ping/manifests/x", basic];
    assert.deepEqual(asked.splice(0), once, "the login is sent only where it is asked for");
  }
});

test("a repository to adopt that isn't there is told from one that may not be asked for, before anything is registered", async (t) => {
  for (const [status, code, message] of [
    [
      404,
      "NAME_UNKNOWN",
      /the repository team\/ping doesn't exist in ECR: GET \S+ gave 404 NAME_UNKNOWN\. Leave out registry\.ecr\.adopt /,
    ],
    [403, "DENIED", /exists: GET \S+ gave 403 DENIED\. Allow ecr:BatchGetImage on it to these credentials, or name /],
    [500, "UNKNOWN", /ECR can't be asked whether 127\S+\/team\/ping of registry\.ecr\.adopt exists: GET \S+ gave 500/],
  ] as const) {
    const { functions } = await ecrThat(t, status, code);
    const mocks = await Mocks.start({ functions });
    await assert.rejects(findEcr({ use: "adopt", repository: "team/ping" }, undefined, account), message);
    assert.deepEqual(await mocks.registered(), []);
  }
});

test("a refused token is an error, before anything is registered", async () => {
  const mocks = await Mocks.start({
    functions: { "aws:ecr/getAuthorizationToken:getAuthorizationToken": new Error("AccessDeniedException") },
  });
  await assert.rejects(findEcr(made, undefined, account), {
    message: "ECR gives no token to push or pull with (ecr:GetAuthorizationToken): AccessDeniedException.",
  });
  assert.deepEqual(await mocks.registered(), []);
});

test("another stack's image needs a token only, in its own repository", async () => {
  for (const repository of [undefined, "team/ping"]) {
    const { mocks, registry } = await open({ use: "pull", repository }, {}, pinned());
    assert.equal(await promiseOf(registry.repository), `${registryHost}/team/ping`);
    await mocks.registered();
    assert.deepEqual(mocks.resources, [component]);
    assert.equal(mocks.calls.length, 1);
  }
});

test("a stack that is rolled back keeps the repository that it made or adopted", async (t) => {
  const owning = await open(made, {}, pinned());
  assert.equal(await promiseOf(owning.registry.repository), `${registryHost}/team/ping`);
  await owning.mocks.registered();
  assert.deepEqual(owning.mocks.resources, [component, repository, policy]);
  const { functions, host } = await ecrThat(t, 404, "MANIFEST_UNKNOWN");
  const adopting = await open({ use: "adopt", repository: "team/ping" }, { functions }, pinned(host));
  await adopting.mocks.registered();
  assert.deepEqual(adopting.mocks.resources, [component]);
});

test("the token isn't sent to another registry than ECR's own, nor an image taken from another repository", async () => {
  await Mocks.start({ functions });
  await assert.rejects(findEcr({ use: "pull", repository: undefined }, pinned("ghcr.io", "ghcr.io"), account), {
    message: `the image is in ghcr.io/team/ping, and registry.ecr of this stack means ${registryHost}. Choose an image from there, or change registry.ecr.`,
  });
  for (const use of ["make", "adopt", "pull"] as const) {
    await assert.rejects(findEcr({ ...made, use, repository: "ping" }, pinned(), account), {
      message: `the image is in ${registryHost}/team/ping, and registry.ecr of this stack means ${registryHost}/ping. Choose an image from there, or change registry.ecr.`,
    });
  }
});

const keep = { Sid: "KeepImages", Effect: "Deny", Principal: "*", Action: ["ecr:BatchDeleteImage"] };
const root = "arn:aws:iam::444455556666:root";
const pull = {
  Sid: "Pull",
  Effect: "Allow",
  Principal: { AWS: [root] },
  Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
};

test("nobody deletes a single image, and other accounts pull where the config says so", () => {
  const document = (...statements: object[]) => ({ Version: "2012-10-17", Statement: statements });
  assert.deepEqual(repositoryPolicy({ keepImages: true, pullers: [] }), document(keep));
  assert.deepEqual(repositoryPolicy({ keepImages: true, pullers: [root] }), document(keep, pull));
  assert.deepEqual(repositoryPolicy({ keepImages: false, pullers: [root] }), document(pull));
});

test("one role deletes images all the same, where the config asks for it", async () => {
  const cleaner = "arn:aws:iam::111122223333:role/web-dev-clean";
  const mocks = await Mocks.start({ functions, outputs: awsOutputs });
  openRegistry("web", await findEcr(made, undefined, account), cleaner);
  await mocks.registered();
  assert.deepEqual(JSON.parse(String(mocks.inputs("aws:ecr/repositoryPolicy:RepositoryPolicy")["policy"])), {
    Version: "2012-10-17",
    Statement: [{ ...keep, Condition: { ArnNotEquals: { "aws:PrincipalArn": cleaner } } }],
  });
});

test("accounts that may pull are in the policy, in the account's partition, also where images expire", async () => {
  const pullAccounts = ["444455556666"];
  const kept = await open({ ...made, pullAccounts });
  await kept.mocks.registered();
  const granted = (keepImages: boolean) => ({
    ...policy,
    inputs: { ...policy.inputs, policy: JSON.stringify(repositoryPolicy({ keepImages, pullers: [root] })) },
  });
  assert.deepEqual(kept.mocks.resources, [component, repository, granted(true)]);
  const expiring = await open({ ...made, pullAccounts, expireAfter: 30 });
  await expiring.mocks.registered();
  assert.deepEqual(expiring.mocks.resources.slice(0, 3), [component, repository, granted(false)]);
  assert.equal(expiring.mocks.inputs("aws:ecr/lifecyclePolicy:LifecyclePolicy")["repository"], "team/ping");
  const mocks = await Mocks.start({ functions });
  const found = await findEcr({ ...made, pullAccounts }, undefined, { ...account, partition: "aws-cn" });
  openRegistry("web", found);
  await mocks.registered();
  const text = String(mocks.inputs("aws:ecr/repositoryPolicy:RepositoryPolicy")["policy"]);
  assert.ok(text.includes('"arn:aws-cn:iam::444455556666:root"'));
});

const otherHost = registryHost.replace("111122223333", "444455556666");
const advice =
  "If ECR refuses account 111122223333, add it to registry.ecr.pullAccounts of the stack in account 444455556666 that " +
  "makes the repository, and run pulumi up there.";
const promoting = { ...component, inputs: { promotedFrom: "444455556666" } };

test("an image of another account is pulled from there if that account is allowed, or imageFrom's stack deploys from it", async () => {
  const allowed = { ...account, allowedIds: ["111122223333", "444455556666"] };
  for (const preview of [false, true]) {
    for (const [image, who] of [
      [pinned(otherHost), allowed],
      [pinned(otherHost, otherHost), account],
    ] as const) {
      for (const repository of [undefined, "team/ping"]) {
        const mocks = await Mocks.start({ preview, functions });
        const registry = openRegistry("web", await findEcr({ use: "pull", repository }, image, who));
        assert.equal(await promiseOf(registry.repository), `${otherHost}/team/ping`);
        assert.deepEqual(
          [registry.host, registry.address, registry.refusalAdvice],
          [otherHost, `https://${otherHost}`, advice],
        );
        await mocks.registered();
        assert.deepEqual(mocks.resources, [promoting]);
      }
    }
  }
});

test("in China, an image of another account is pulled from China's registry, and none of another partition's", async () => {
  const china = (id: string) => `${id}.dkr.ecr.cn-north-1.amazonaws.com.cn`;
  const token = { ...functions[getToken], proxyEndpoint: `https://${china("111122223333")}` };
  await Mocks.start({ functions: { ...functions, [getToken]: token } });
  const who = { ...account, partition: "aws-cn", region: "cn-north-1" };
  const find = (image: PinnedSource) => findEcr({ use: "pull", repository: undefined }, image, who);
  const other = china("444455556666");
  assert.equal((await find(pinned(other, other))).repository.name, `${other}/team/ping`);
  await assert.rejects(find(pinned(otherHost, otherHost)), {
    message: `the image is in ${otherHost}/team/ping, and registry.ecr of this stack means ${china("111122223333")}. Choose an image from there, or change registry.ecr.`,
  });
});

test("a stack that deploys another account's image keeps the repository that it made, whatever its name", async () => {
  for (const preview of [false, true]) {
    const { mocks, registry } = await open({ ...made, repository: "own" }, { preview }, pinned(otherHost, otherHost));
    assert.equal(await promiseOf(registry.repository), `${otherHost}/team/ping`);
    await mocks.registered();
    const own = { ...repository, inputs: { ...repository.inputs, name: "own" } };
    assert.deepEqual(mocks.resources, [promoting, own, { ...policy, inputs: { ...policy.inputs, repository: "own" } }]);
  }
});

test("the token isn't sent to ECR of a third account, nor to another region, nor an image taken from another repository", async () => {
  const thirdHost = registryHost.replace("111122223333", "777788889999");
  const mocks = await Mocks.start({ functions });
  const refused = (image: PinnedSource, message: string, repository?: string) =>
    assert.rejects(findEcr({ use: "pull", repository }, image, account), { message });
  const only = (accounts: string) =>
    `the image is in ${thirdHost}/team/ping, and this stack deploys from ECR of ${accounts} only: the accounts of ` +
    "aws:allowedAccountIds and of imageFrom's stack. Choose an image from there, or name the stack that pushed this one " +
    "in imageFrom.";
  await refused(pinned(thirdHost), only("111122223333"));
  await refused(pinned(thirdHost, otherHost), only("111122223333, 444455556666"));
  await refused(pinned(thirdHost, "ghcr.io"), only("111122223333"));
  const abroad = otherHost.replace("eu-central-1", "eu-west-1");
  const means = (host: string, place: string) =>
    `the image is in ${host}/team/ping, and registry.ecr of this stack means ${place}. Choose an image from there, or change registry.ecr.`;
  await refused(pinned(abroad, abroad), means(abroad, registryHost));
  await refused(pinned(otherHost, otherHost), means(otherHost, `${otherHost}/ping`), "ping");
  assert.deepEqual(await mocks.registered(), []);
});
