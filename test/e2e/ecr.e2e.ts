import assert from "node:assert/strict";
import { ECR } from "@aws-sdk/client-ecr";
import { EKS } from "@aws-sdk/client-eks";
import { IAM } from "@aws-sdk/client-iam";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { lifecyclePolicy, repositoryPolicy } from "../../infra/registry";
import { account, ecrRegistry, otherAccount, personsRole, region } from "../sandbox/aws/addresses";
import { type Aws, withAws } from "../sandbox/start-aws";
import { edit } from "../support/edit";
import { execute, succeed } from "../support/execute";
import { type Outputs, Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { needs } from "./needs";
import { script } from "./workflows/delivery-scripts";
import { assumeRole } from "./workflows/workflow-run";
import { workflowStory } from "./workflows/workflow-story";

// The SDK warns of its next year's versions on Node.js 20.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** What makes a stack one that uses the sandbox's AWS. */
const awsConfig = {
  "aws:region": region,
  "aws:allowedAccountIds": [account],
  "aws:defaultTags": { tags: { project: "ping" } },
  // One pod is quicker: rollouts are another suite's.
  replicas: { min: 1, max: 1 },
};

/** How every token begins, as a password and as an authorization token; nothing else does. */
const tokenBeginnings = ['{"account', "AWS:eyJhY2NvdW50"].map((text) =>
  Buffer.from(text).toString("base64").slice(0, 12),
);

/** The types of what a stack has, as its state tells. */
const types = async (project: Project) => (await project.state()).resources.map(({ type }) => type);

/** The images that the Deployment's pods run. */
const running = async (project: Project) =>
  (await project.pods()).flatMap(({ spec }) => spec.containers.map(({ image }) => image));

/** Ends the pods at once: they would take 15 s each time, to let go of clients that this suite doesn't have. */
async function endPods(project: Project): Promise<void> {
  await project.kubectl("scale", "deployment", "--all", "--replicas=0");
  await project.kubectl("delete", "pods", "--all", "--force", "--grace-period=0");
}

/** All that Pulumi keeps of every stack. */
function stateFiles(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

/** The environment of a command that works with the other account. */
async function otherAccountEnv(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const session = [
    "--role-arn",
    `arn:aws:iam::${otherAccount}:role/${personsRole}`,
    "--role-session-name",
    "suite",
    "--region",
    region,
  ];
  const { Credentials: credentials } = JSON.parse(
    await succeed(["aws", "sts", "assume-role", ...session, "--output", "json"], { env }),
  ) as { Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string } };
  return {
    ...env,
    AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
    AWS_SESSION_TOKEN: credentials.SessionToken,
  };
}

/** A client's options with the credentials of an environment. */
const clientIn = (aws: Aws, env: NodeJS.ProcessEnv) => ({
  endpoint: aws.endpoint,
  region,
  credentials: {
    accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "",
    sessionToken: env["AWS_SESSION_TOKEN"] ?? "",
  },
});

/** A directory with Docker's configuration, which has a token for the registry as `docker login` would write it. */
async function dockerConfig(ecr: ECR): Promise<string> {
  const { authorizationData: [login] = [] } = await ecr.getAuthorizationToken();
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-docker-"));
  const auths = { [ecrRegistry.host]: { auth: login?.authorizationToken } };
  writeFileSync(join(directory, "config.json"), JSON.stringify({ auths }), { mode: 0o600 });
  return directory;
}

/**
 * What `pulumi up` says where a provider's update fails, which comes before the program asks that provider anything. The
 * engine then ends beneath the program, and the SDK may log a stack trace about that.
 */
async function failsInProvider(project: Project): Promise<string> {
  const { status, stdout, stderr } = await project.tryPulumi(...up);
  assert.notEqual(status, 0, stdout + stderr);
  return stdout + stderr;
}

const digestOf = (image: string): string => image.slice(image.indexOf("@") + 1);

test(
  "a service goes from source to ECR, by digest to other stacks, and back",
  { skip: needs("standalone", "its AWS accounts are in the namespaces of the other ground") },
  async (t) => withAws(await sandboxEnvironment(), new AbortController().signal, (aws) => ecrSuite(t, aws)),
);

test(
  "every command of every workflow has the rights that it uses, and no others",
  { skip: needs("standalone", "its AWS accounts are in the namespaces of the other ground") },
  async (t) => withAws(await sandboxEnvironment(), new AbortController().signal, (aws) => workflowStory(t, aws)),
);

async function ecrSuite(t: TestContext, aws: Aws): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), "ping-e2e-state-"));
  t.after(() => rmSync(state, { recursive: true }));
  // Of this suite alone: what cleans the repository reads every stack of a backend.
  const ownBackend = (env: NodeJS.ProcessEnv) => ({ ...env, PULUMI_BACKEND_URL: `file://${state}?metadata=skip` });
  const client = clientIn(aws, aws.env);
  const [ecr, iam] = [new ECR(client), new IAM(client)];
  const otherEnv = await otherAccountEnv(aws.env);
  const otherClient = clientIn(aws, otherEnv);
  const [otherEcr, otherIam, eks] = [new ECR(otherClient), new IAM(otherClient), new EKS(otherClient)];
  const puller = `arn:aws:iam::${otherAccount}:root`;
  const cleaner = `arn:aws:iam::${account}:role/ping-e2e-ecr-clean`;
  const repositoryName = "ping";
  const config = {
    ...awsConfig,
    registry: { ecr: { repository: repositoryName } },
    github: { repository: "acme/ping", environments: ["production"], clean: { workflow: "clean.yml@main" } },
  };
  const granting = { ...config, registry: { ecr: { repository: repositoryName, pullAccounts: [otherAccount] } } };
  const images = async () => (await ecr.describeImages({ repositoryName })).imageDetails ?? [];

  await withProject("e2e-ecr", ownBackend(aws.env), config, async (project) => {
    let first: Outputs;
    let second: Outputs;
    const output: string[] = [];

    await t.test("the first up makes the repository, pushes both platforms, verifies them and deploys", async () => {
      // The policy pack allows ECR in aws:allowedAccountIds alone.
      output.push(await project.pulumi("preview", "--diff", "--policy-pack", "policy"));
      assert.deepEqual(aws.pushed(), [], "a preview pushes nothing");
      output.push(await project.pulumi(...up));
      first = await project.outputs();
      assert.match(first.image, new RegExp(`^${ecrRegistry.host}/${repositoryName}@sha256:[0-9a-f]{64}$`));
      assert.deepEqual(Object.keys(first.platforms).sort(), ["linux/amd64", "linux/arm64"]);
      assert.deepEqual(await running(project), [first.image]);
      assert.equal(await project.request(first.service, "/"), "Hello, Docker! <3");
    });

    await t.test("AWS has the repository as it was asked for", async () => {
      const { repositories = [] } = await ecr.describeRepositories();
      assert.deepEqual(
        repositories.map(({ createdAt: _, encryptionConfiguration, ...repository }) => ({
          ...repository,
          encryptionType: encryptionConfiguration?.encryptionType,
        })),
        [
          {
            repositoryName,
            repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`,
            registryId: account,
            repositoryUri: `${ecrRegistry.host}/${repositoryName}`,
            imageTagMutability: "IMMUTABLE",
            imageScanningConfiguration: { scanOnPush: true },
            encryptionType: "KMS",
          },
        ],
      );
      const { tags } = await ecr.listTagsForResource({ resourceArn: repositories[0]?.repositoryArn });
      assert.deepEqual(tags, [{ Key: "project", Value: "ping" }]);
    });

    await t.test("its API has accepted the repository's policy, by which nobody deletes a single image", async () => {
      const { policyText = "" } = await ecr.getRepositoryPolicy({ repositoryName });
      assert.deepEqual(JSON.parse(policyText), repositoryPolicy({ keepImages: true, cleaner, pullers: [] }));
      const imageIds = [{ imageDigest: digestOf(first.image) }];
      await assert.rejects(ecr.batchDeleteImage({ repositoryName, imageIds }), { name: "AccessDeniedException" });
    });

    await t.test("the index has the one tag, and the platforms' manifests have none", async () => {
      const found = await images();
      const index = found.filter(({ imageTags = [] }) => imageTags.length > 0);
      assert.deepEqual(
        index.map(({ imageDigest }) => imageDigest),
        [digestOf(first.image)],
      );
      const manifests = found.filter(({ imageTags = [] }) => imageTags.length === 0);
      assert.deepEqual(manifests.map(({ imageDigest }) => imageDigest).sort(), Object.values(first.platforms).sort());
    });

    await t.test("a tag can't be moved", async () => {
      const [tag = ""] = (await images()).flatMap(({ imageTags = [] }) => imageTags);
      const DOCKER_CONFIG = await dockerConfig(ecr);
      const copy = ["copy", "localhost:15000/pause:latest", `${ecrRegistry.host}/${repositoryName}:${tag}`];
      const { status, stderr } = await execute(["crane", ...copy], { env: { ...aws.env, DOCKER_CONFIG } });
      rmSync(DOCKER_CONFIG, { recursive: true });
      assert.notEqual(status, 0);
      assert.match(stderr, /TAG_INVALID: The image tag '\w+' already exists .* immutable/);
    });

    await t.test("the roles of GitHub's workflows are as IAM takes them", async () => {
      const { Roles = [] } = await iam.listRoles();
      assert.ok(Roles.length > 0);
      for (const { RoleName, AssumeRolePolicyDocument = "" } of Roles) {
        assert.match(decodeURIComponent(AssumeRolePolicyDocument), /repo:acme\/ping:/);
        const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
        assert.equal(PolicyNames.length, 1, RoleName);
      }
      const { OpenIDConnectProviderList = [] } = await iam.listOpenIDConnectProviders();
      assert.deepEqual(
        OpenIDConnectProviderList.map(({ Arn }) => Arn),
        [`arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`],
      );
    });

    await t.test("the same content again changes nothing and pushes nothing", async () => {
      const pushed = aws.pushed();
      await project.pulumi(...up, "--expect-no-changes");
      await project.pulumi("preview", "--refresh", "--run-program", "--expect-no-changes", "--diff");
      assert.deepEqual(aws.pushed(), pushed);
    });

    await t.test("credentials of another account are refused before anything is built", async () => {
      project.configure({ ...config, "aws:allowedAccountIds": ["111111111111"] });
      const said = await failsInProvider(project);
      project.configure(config);
      assert.match(said, new RegExp(`AWS account ID not allowed: ${account}`));
      assert.doesNotMatch(said, /docker-build/);
    });

    await t.test("without credentials that is said, and nothing is built", async () => {
      const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...env } = project.env;
      const said = await failsInProvider(new Project(project.cwd, project.stack, env));
      assert.match(said, /No valid credential sources found/);
      assert.doesNotMatch(said, /docker-build/);
    });

    await t.test("a token that has expired is named as such, and nothing changes", async () => {
      const before = [await images(), await running(project)];
      edit(project.cwd, "app/routes.go", /Hello, [^!]*!/, "Hello, second Docker!");
      aws.setTokenValidity(0);
      const said = await project.fails(...up);
      aws.setTokenValidity();
      output.push(said);
      assert.match(said, /ECR's token has expired at /);
      assert.doesNotMatch(said, /ping-build/);
      assert.deepEqual([await images(), await running(project)], before);
    });

    await withProject("e2e-ecr-adopting", ownBackend(aws.env), awsConfig, async (adopting) => {
      await t.test("a repository that exists already is not taken over unasked", async () => {
        adopting.configure({ ...awsConfig, registry: { ecr: { repository: repositoryName } } });
        const said = await adopting.fails(...up);
        output.push(said);
        assert.match(said, /already exists/);
        assert.ok(
          !(await types(adopting)).some((type) => type.startsWith("kubernetes:apps")),
          "something was deployed",
        );
      });

      await t.test("one that is adopted is built for, and what it has is not pushed again", async () => {
        const pushed = aws.pushed();
        // The GitHub repository is part of an image's labels, and so of its tag.
        const github = { repository: config.github.repository, adopt: true };
        adopting.configure({ ...awsConfig, github, registry: { ecr: { repository: repositoryName, adopt: true } } });
        output.push(await adopting.pulumi(...up));
        assert.equal((await adopting.outputs()).image, first.image);
        assert.deepEqual(await running(adopting), [first.image]);
        assert.deepEqual(aws.pushed(), pushed);
        assert.ok(!(await types(adopting)).includes("aws:ecr/repository:Repository"));
        await endPods(adopting);
      });
    });

    const prodConfig = {
      ...awsConfig,
      "aws:allowedAccountIds": [otherAccount],
      registry: { ecr: {} },
      imageFrom: project.stack,
      cluster: { eks: { name: "production" } },
    };
    await withProject("e2e-ecr-prod", ownBackend(otherEnv), prodConfig, async (prod) => {
      const roleArn = `arn:aws:iam::${otherAccount}:role/cluster`;
      await eks.createCluster({ name: "production", roleArn, resourcesVpcConfig: { subnetIds: [] } });
      const { Policy: podPolicy } = await otherIam.createPolicy({
        PolicyName: "read",
        PolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::ours/*" }],
        }),
      });
      const promoted = { ...prodConfig, podRole: { policies: [podPolicy?.Arn] } };

      await t.test(
        "another account that may not pull is refused before a pod runs, with the key that lets it",
        async () => {
          const said = await prod.fails("preview");
          output.push(said);
          assert.match(said, /can't be read back from its registry: .*403/);
          assert.match(
            said,
            new RegExp(`If ECR refuses account ${otherAccount}, add it to registry\\.ecr\\.pullAccounts`),
          );
        },
      );

      await t.test(
        "the next up, after docker login, rolls the edit out, lets the other account pull, and leaves no token in the state",
        async () => {
          project.configure(granting);
          const DOCKER_CONFIG = await dockerConfig(ecr);
          const loggedIn = new Project(project.cwd, project.stack, { ...project.env, DOCKER_CONFIG });
          assert.match(await project.pulumi("stack", "export", "--show-secrets"), /"password"/, "of ECR's own token");
          output.push(await loggedIn.pulumi(...up));
          rmSync(DOCKER_CONFIG, { recursive: true });
          assert.doesNotMatch(await project.pulumi("stack", "export", "--show-secrets"), /"password"/);
          second = await project.outputs();
          assert.notEqual(second.image, first.image);
          assert.deepEqual(await running(project), [second.image]);
          await project.answers(second.service, "/", "Hello, second Docker! <3");
          const { policyText = "" } = await ecr.getRepositoryPolicy({ repositoryName });
          assert.deepEqual(JSON.parse(policyText), repositoryPolicy({ keepImages: true, cleaner, pullers: [puller] }));
        },
      );

      await t.test("the other account then pulls every blob, and pushes none", async () => {
        const DOCKER_CONFIG = await dockerConfig(otherEcr);
        const options = { env: { ...otherEnv, DOCKER_CONFIG } };
        const pull = ["pull", "--platform=linux/amd64", second.image, join(DOCKER_CONFIG, "image.tar")];
        await succeed(["crane", ...pull], options);
        const push = ["copy", "localhost:15000/pause:latest", `${ecrRegistry.host}/${repositoryName}:other`];
        const { status, stderr } = await execute(["crane", ...push], options);
        rmSync(DOCKER_CONFIG, { recursive: true });
        assert.notEqual(status, 0);
        assert.match(stderr, /403 Forbidden|DENIED/);
      });

      await t.test("an image of a third account is refused before a token is sent there", async () => {
        const third = first.image.replace(account, "333333333333");
        prod.configure({ ...promoted, image: third });
        const said = await prod.fails("preview");
        output.push(said);
        const accounts = `${otherAccount}, ${account}`;
        assert.match(
          said,
          new RegExp(`the image is in 333333333333\\..*, and this stack deploys from ECR of ${accounts} only`),
        );
      });

      await t.test(
        "imageFrom deploys what the other account runs on an EKS cluster, and nothing is built",
        async () => {
          const pushed = aws.pushed();
          prod.configure(promoted);
          // The policy pack allows ECR in aws:allowedAccountIds, and in the account that is promoted from.
          output.push(await prod.pulumi(...up, "--policy-pack", "policy"));
          assert.equal((await prod.outputs()).image, second.image);
          assert.deepEqual(await running(prod), [second.image]);
          await prod.answers(second.service, "/", "Hello, second Docker! <3");
          const made = await types(prod);
          assert.ok(
            !made.some((type) => type.startsWith("docker-build:") || type.startsWith("aws:ecr")),
            made.join("\n"),
          );
          assert.deepEqual(aws.pushed(), pushed);
        },
      );

      await t.test("EKS gives the pods' ServiceAccount a role with the policies, before the pods run", async () => {
        const { podRole } = JSON.parse(await prod.pulumi("stack", "output", "--json")) as { podRole: string };
        const { associations = [] } = await eks.listPodIdentityAssociations({ clusterName: "production" });
        assert.deepEqual(
          associations.map(({ namespace, serviceAccount }) => ({ namespace, serviceAccount })),
          [{ namespace: prod.namespace, serviceAccount: "ping" }],
        );
        const RoleName = podRole.split("/").at(-1);
        const { AttachedPolicies = [] } = await otherIam.listAttachedRolePolicies({ RoleName });
        assert.deepEqual(
          AttachedPolicies.map(({ PolicyArn }) => PolicyArn),
          promoted.podRole.policies,
        );
        assert.deepEqual(
          (await prod.pods()).map(({ metadata }) => metadata.annotations?.["pod-role"]),
          [podRole],
        );
      });

      await t.test("the previous digest in image is the way back", async () => {
        prod.configure({ ...promoted, image: first.image });
        output.push(await prod.pulumi(...up));
        assert.equal((await prod.outputs()).image, first.image);
        assert.deepEqual(await running(prod), [first.image]);
        await prod.answers(first.service, "/", "Hello, Docker! <3");
        await prod.pulumi("preview", "--refresh", "--run-program", "--expect-no-changes", "--diff");
      });

      await t.test("what no stack uses is deleted, and what runs here and in the other account is not", async () => {
        const before = await images();
        const DOCKER_CONFIG = await dockerConfig(ecr);
        const unused = `${ecrRegistry.host}/${repositoryName}:0123456789abcdef`;
        const filter = ["index", "filter", second.image, "--platform", "linux/amd64", "--tag", unused];
        await succeed(["crane", ...filter], { env: { ...aws.env, DOCKER_CONFIG } });
        rmSync(DOCKER_CONFIG, { recursive: true });
        const job = { repository: "acme/ping", workflow: "clean.yml", environment: "clean" };
        const role = { role: cleaner, region, audience: "sts.amazonaws.com" };
        const credentials = await assumeRole({ ...role, ...job }, aws.env);
        assert.equal(credentials.error, undefined);
        const options = ["--repository", unused.replace(/:\w+$/, ""), "--age", "0", "--yes"];
        const { status, stdout, stderr } = await script(project, "clean", options, credentials.env);
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`^stays ${digestOf(second.image)} \\w+: e2e-ecr uses it$`, "m"));
        assert.match(stdout, new RegExp(`^stays ${digestOf(first.image)} \\w+: e2e-ecr-prod uses it$`, "m"));
        assert.match(stdout, /^goes {2}sha256:\w+ 0123456789abcdef: nothing uses it$/m);
        assert.match(stdout, /^6 stay; 1 go, /m);
        assert.deepEqual(await images(), before);
      });

      await t.test("so is it where the image was built, and the repository stays", async () => {
        project.configure({ ...granting, image: first.image });
        const said = await project.pulumi("preview", "--diff");
        project.configure(granting);
        output.push(said);
        assert.match(said, new RegExp(`=> "${first.image}"`));
        assert.doesNotMatch(said, /aws:ecr/);
      });

      await t.test("an EKS cluster that isn't there is named, with those that are", async () => {
        prod.configure({ ...promoted, cluster: { eks: { name: "nowhere" } } });
        const said = await prod.fails("preview");
        assert.match(said, /nowhere/);
        assert.match(said, /production/);
      });

      await endPods(prod);
    });

    await t.test("the other account's role and its association are gone with the stack", async () => {
      assert.deepEqual((await otherIam.listRoles()).Roles, []);
      assert.deepEqual((await eks.listPodIdentityAssociations({ clusterName: "production" })).associations, []);
    });

    await t.test("no token is in what was printed, exported or stored", async () => {
      const everything = [...output, await project.pulumi("stack", "export"), stateFiles(state)].join("\n");
      for (const beginning of tokenBeginnings) {
        assert.ok(!everything.includes(beginning), beginning);
      }
    });

    await t.test("a repository with images in it is not deleted", async () => {
      await endPods(project);
      const said = await project.fails("destroy", "--yes", "--skip-preview");
      assert.match(said, /RepositoryNotEmptyException/);
      assert.equal((await images()).length, 6);
    });

    await t.test("images expire where the config says so, and nothing keeps them", async () => {
      // forceDelete is for the next test: the state decides about a deletion, so it has to know first.
      const registry = { ecr: { repository: repositoryName, forceDelete: true, expireAfter: 30 } };
      project.configure({ ...config, registry });
      const pushed = aws.pushed();
      await project.pulumi(...up);
      assert.deepEqual(aws.pushed(), pushed);
      const { lifecyclePolicyText = "" } = await ecr.getLifecyclePolicy({ repositoryName });
      assert.deepEqual(JSON.parse(lifecyclePolicyText), lifecyclePolicy(30));
      await assert.rejects(ecr.getRepositoryPolicy({ repositoryName }), { name: "RepositoryPolicyNotFoundException" });
      await project.pulumi("preview", "--refresh", "--run-program", "--expect-no-changes", "--diff");
    });

    await t.test("with forceDelete it is", async () => {
      await endPods(project);
      await project.pulumi("destroy", "--yes", "--skip-preview");
      await assert.rejects(images(), { name: "RepositoryNotFoundException" });
      assert.deepEqual((await iam.listRoles()).Roles, []);
    });
  });
}
