import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { test } from "node:test";
import type { Repository } from "../../../../infra/base";
import type { EcrConfig } from "../../../../infra/config";
import { EcrRegistry } from "../../../../infra/registry/ecr-registry";
import { findEcr } from "../../../../infra/registry/find-ecr";
import { lifecyclePolicy } from "../../../../infra/registry/lifecycle-policy";
import { openRegistry } from "../../../../infra/registry/open-registry";
import { repositoryPolicy } from "../../../../infra/registry/repository-policy";
import { awsFunctions, awsOutputs, registryHost } from "../../aws";
import { type Answers, Mocks, promiseOf } from "../../mocks";

const whole = { protect: false, forceDelete: false, expireAfter: undefined };
const made: EcrConfig = { repository: "team/ping", use: "make", ...whole };
const functions = awsFunctions();
const credentials = { username: "AWS", password: "hush" };
const place = (host = registryHost): Repository => ({ name: `${host}/team/ping`, host, path: "team/ping" });

/** Opens the registry as a stack does. */
async function open(config: EcrConfig = made, answers: Answers = {}, image?: Repository) {
  const mocks = await Mocks.start({ functions, outputs: awsOutputs, ...answers });
  const registry = openRegistry("web", await findEcr(config, image));
  return { mocks, registry };
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
  inputs: { repository: "team/ping", policy: JSON.stringify(repositoryPolicy()) },
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
  const getToken = "aws:ecr/getAuthorizationToken:getAuthorizationToken";
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
  new Watched("watched", { repository: place(), credentials, make: whole });
  await mocks.registered();
  assert.deepEqual(outputs, ["repository"]);
  assert.doesNotMatch(JSON.stringify(mocks.resources), /hush|QVdTOmh1c2g/);
});

test("deletion is refused, or takes the images along, only where the config says so", async () => {
  for (const make of [whole, { ...whole, protect: true }, { ...whole, forceDelete: true }]) {
    const mocks = await Mocks.start();
    const protectedOnes = new Set<string>();
    const note: pulumi.ResourceTransformation = ({ name, opts }) => {
      if (opts.protect === true) {
        protectedOnes.add(name);
      }
      return undefined;
    };
    new EcrRegistry("web", { repository: place(), credentials, make }, { transformations: [note] });
    await mocks.registered();
    assert.deepEqual([...protectedOnes], make.protect ? ["web-repository"] : []);
    assert.equal(mocks.inputs("aws:ecr/repository:Repository")["forceDelete"], make.forceDelete);
  }
});

test("a repository that exists is adopted by name, and nothing is made", async () => {
  for (const preview of [false, true]) {
    const { mocks, registry } = await open({ use: "adopt", repository: "team/ping" }, { preview });
    assert.equal(await promiseOf(registry.repository), `${registryHost}/team/ping`);
    await mocks.registered();
    assert.deepEqual(mocks.resources, [component]);
    assert.deepEqual(mocks.calls.at(-1), {
      token: "aws:ecr/getRepository:getRepository",
      inputs: { name: "team/ping" },
    });
  }
});

test("a repository to adopt that doesn't exist is an error, before anything is registered", async () => {
  const mocks = await Mocks.start({
    functions: { ...functions, "aws:ecr/getRepository:getRepository": new Error("RepositoryNotFoundException") },
  });
  await assert.rejects(findEcr({ use: "adopt", repository: "team/ping" }, undefined), {
    message:
      "the repository team/ping can't be found in ECR: RepositoryNotFoundException. " +
      "Leave out registry.ecr.adopt to make the repository, or name another one in registry.ecr.repository.",
  });
  assert.deepEqual(await mocks.registered(), []);
});

test("a refused token is an error, before anything is registered", async () => {
  const mocks = await Mocks.start({
    functions: { "aws:ecr/getAuthorizationToken:getAuthorizationToken": new Error("AccessDeniedException") },
  });
  await assert.rejects(findEcr(made, undefined), {
    message: "ECR gives no token to push or pull with (ecr:GetAuthorizationToken): AccessDeniedException.",
  });
  assert.deepEqual(await mocks.registered(), []);
});

test("another stack's image needs a token only, in its own repository", async () => {
  for (const repository of [undefined, "team/ping"]) {
    const { mocks, registry } = await open({ use: "pull", repository }, {}, place());
    assert.equal(await promiseOf(registry.repository), `${registryHost}/team/ping`);
    await mocks.registered();
    assert.deepEqual(mocks.resources, [component]);
    assert.equal(mocks.calls.length, 1);
  }
});

test("a stack that is rolled back keeps the repository that it made or adopted", async () => {
  const owning = await open(made, {}, place());
  assert.equal(await promiseOf(owning.registry.repository), `${registryHost}/team/ping`);
  await owning.mocks.registered();
  assert.deepEqual(owning.mocks.resources, [component, repository, policy]);
  const adopting = await open({ use: "adopt", repository: "team/ping" }, {}, place());
  await adopting.mocks.registered();
  assert.deepEqual(adopting.mocks.resources, [component]);
});

test("the token isn't sent to another registry than ECR's own, nor an image taken from another repository", async () => {
  await Mocks.start({ functions });
  await assert.rejects(findEcr({ use: "pull", repository: undefined }, place("ghcr.io")), {
    message: `the image is in ghcr.io/team/ping, and registry.ecr of this stack means ${registryHost}. Choose an image from there, or change registry.ecr.`,
  });
  for (const use of ["make", "adopt", "pull"] as const) {
    await assert.rejects(findEcr({ ...made, use, repository: "ping" }, place()), {
      message: `the image is in ${registryHost}/team/ping, and registry.ecr of this stack means ${registryHost}/ping. Choose an image from there, or change registry.ecr.`,
    });
  }
});

test("nobody deletes a single image", () => {
  assert.deepEqual(repositoryPolicy(), {
    Version: "2012-10-17",
    Statement: [{ Sid: "KeepImages", Effect: "Deny", Principal: "*", Action: ["ecr:BatchDeleteImage"] }],
  });
});
