import assert from "node:assert/strict";
import { ECR } from "@aws-sdk/client-ecr";
import { EKS } from "@aws-sdk/client-eks";
import { IAM } from "@aws-sdk/client-iam";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { dump, load } from "js-yaml";
import { account, ecrRegistry, region } from "../../sandbox/aws/addresses";
import { type Aws, withRegistryName } from "../../sandbox/start-aws";
import { provenanceTools } from "../../sandbox/toolchain/binaries";
import { buildBinaries } from "../../sandbox/toolchain/build-binaries";
import { edit } from "../../support/edit";
import { execute, succeed } from "../../support/execute";
import { FakeGitHub } from "../../support/fake-github";
import { copyCheckout, Project } from "../../support/project";
import { commit } from "./delivery-scripts";
import { refused, type Right, unused, used, writeRoles } from "./role-table";
import { bringsTools, compositeAction, type Step, workflowJobs } from "./workflow-file";
import { type Result, Runner } from "./workflow-run";

/** The repository of {@link FakeGitHub}. */
const repository = "owner/name";

/** The stacks that a person brings up before the first job runs (docs/eks.md). */
const stacks = ["staging", "prod", "pull-requests"] as const;

/** Rights that no job uses, and why a role has them all the same; without an action, all rights of a role. */
const spare: readonly { readonly role: string; readonly action?: string; readonly why: string }[] = [
  { role: "ping-pull-requests-preview", why: "no job takes on this role" },
];

/** Gives the stack files the sandbox's account, builder and base images, and one pod to each stack. */
function configureStacks(cwd: string): void {
  const read = (file: string) => load(readFileSync(join(cwd, file), "utf8")) as { config: Record<string, unknown> };
  const { "ping:builder": builder, "ping:bases": bases } = read("Pulumi.dev.yaml").config;
  const sandbox = { "ping:builder": builder, "ping:bases": bases, "ping:replicas": { min: 1, max: 1 } };
  for (const name of [...stacks, "pr"]) {
    const file = `Pulumi.${name}.yaml`;
    const { config, ...rest } = read(file);
    const text = dump({ ...rest, config: { ...config, ...sandbox } });
    const ours = text.replaceAll("111122223333", account).replaceAll("example/ping", repository);
    writeFileSync(join(cwd, file), ours);
  }
}

/**
 * The workflows' jobs from the first pull request to a release that returns, each with the rights of its role: those that the
 * stacks themselves have registered.
 */
export async function workflowStory(t: TestContext, aws: Aws): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-workflows-"));
  const cwd = await copyCheckout();
  t.after(() => [directory, cwd].forEach((each) => rmSync(each, { recursive: true })));
  configureStacks(cwd);
  const [tools = ""] = await buildBinaries(new AbortController().signal, [provenanceTools]);
  const github = await FakeGitHub.start();
  t.after(() => github.stop());

  const bucket = (name: string) => {
    mkdirSync(join(directory, name));
    return `file://${join(directory, name)}?metadata=skip`;
  };
  const buckets = { state: bucket("state"), "pull-requests": bucket("pull-requests") };
  const passphrase = "correct horse";
  const env = {
    ...aws.env,
    PATH: [tools, aws.env["PATH"]].join(":"),
    COSIGN_PASSWORD: "",
    SYFT_CACHE_DIR: directory,
    GITHUB_API_URL: github.environment.GITHUB_API_URL,
  };
  const projects = Object.fromEntries(
    stacks.map((stack) => [
      stack,
      new Project(cwd, stack, { ...env, PULUMI_BACKEND_URL: buckets.state, PULUMI_CONFIG_PASSPHRASE: passphrase }),
    ]),
  ) as Record<(typeof stacks)[number], Project>;
  const { staging, prod } = projects;
  const number = "7";
  const request = new Project(cwd, `pr-${number}`, env);
  t.after(() => removeNamespaces([...Object.values(projects), request]));

  const client = {
    endpoint: aws.endpoint,
    region,
    credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
  };
  const [iam, eks] = [new IAM(client), new EKS(client)];
  for (const name of ["staging", "prod"]) {
    const roleArn = `arn:aws:iam::${account}:role/cluster`;
    await eks.createCluster({ name, roleArn, resourcesVpcConfig: { subnetIds: [] } });
  }
  // Jobs sign by Sigstore, which no sandbox reaches.
  const key = join(directory, "key");
  await succeed(["cosign", "generate-key-pair", "--output-key-prefix", key], { env });
  const adapt = (run: string) =>
    run
      // It's there already.
      .replace(/^go -C \S+ install .*/, "true")
      .replace(/cli\/attest\.ts[^\n]*|cli\/release\.ts[^\n]* --signed/, `$& --key ${key}.key`)
      .replace(/cli\/verify\.ts[^\n]*/, `$& --key ${key}.pub`)
      // All images are some minutes old.
      .replace(/cli\/clean\.ts[^\n]*/, "$& --age 0");

  const role = (stack: string, purpose: string) => `arn:aws:iam::${account}:role/ping-${stack}-${purpose}`;
  const deploying = (stack: string, cluster: string, url: string) => ({
    PULUMI_BACKEND_URL: url,
    AWS_DEPLOY_ROLE: role(stack, "deploy"),
    EKS_CLUSTER: cluster,
  });
  const runner = new Runner({
    aws,
    cwd,
    directory,
    env,
    repository,
    permit: (permissions) => {
      github.permissions = permissions;
    },
    adapt,
    secrets: { PULUMI_CONFIG_PASSPHRASE: passphrase },
    vars: {
      staging: deploying("staging", "staging", buckets.state),
      prod: deploying("prod", "prod", buckets.state),
      "pull-requests": deploying("pull-requests", "staging", buckets["pull-requests"]),
      preview: {
        PULUMI_BACKEND_URL: buckets.state,
        AWS_PREVIEW_ROLE_STAGING: role("staging", "preview"),
        AWS_PREVIEW_ROLE_PROD: role("prod", "preview"),
      },
      clean: { PULUMI_BACKEND_URL: buckets.state, AWS_CLEAN_ROLE: role("staging", "clean") },
    },
  });
  const event = (action: string) => ({
    action,
    pull_request: { number, head: { sha: "head", repo: { full_name: repository } }, user: { login: "me" } },
  });
  /** The states of the environment's deployments, the newest first. */
  const deployments = () => github.deployments.all.map(({ statuses }) => statuses.map(({ state }) => state));
  const good = ({ failures, outputs }: Result) => {
    assert.deepEqual(failures, []);
    return outputs;
  };

  await t.test("a person brings up the stacks with the roles", async () => {
    for (const each of Object.values(projects)) {
      await each.pulumi("stack", "init", "--no-select");
    }
    await staging.up();
    await Promise.all([prod.up(), projects["pull-requests"].up()]);
    await commit(staging);
  });

  // Layers that an earlier run has pushed would need no right to push them.
  const [hello, helloAgain] = [`Hello, request at ${Date.now()}`, `Hello again at ${Date.now()}`];

  await t.test("a pull request shows its previews, and gets an environment", async () => {
    edit(cwd, "app/routes.go", "Hello, Docker!", `${hello}!`);
    await commit(staging);
    for (const stack of ["staging", "prod"]) {
      good(await runner.run("preview.yml", "preview", { event: event("opened"), matrix: { stack } }));
    }
    assert.equal(github.comments.length, 2);
    rmSync(join(cwd, "preview.json"));
    good(await runner.run("pull-request.yml", "environment", { event: event("opened") }));
    await request.answers("ping", "/", `${hello}! <3`);
    assert.deepEqual(deployments(), [["success", "in_progress"]]);
    const way = "kubectl --namespace ping-pr-7 port-forward service/ping 8080:80";
    assert.ok(
      github.comments.some(({ body }) =>
        body.startsWith(`<!-- environment pr-7 -->\nEnvironment \`pr-7\`: \`${way}\``),
      ),
    );
  });

  await t.test("another commit of it updates the environment", async () => {
    edit(cwd, "app/routes.go", `${hello}!`, `${helloAgain}!`);
    await commit(staging);
    good(await runner.run("pull-request.yml", "environment", { event: event("synchronize") }));
    await request.answers("ping", "/", `${helloAgain}! <3`);
    assert.deepEqual(deployments(), [
      ["success", "in_progress"],
      ["inactive", "success", "in_progress"],
    ]);
    assert.equal(github.comments.length, 3, "one for each preview, and the environment's");
  });

  let image = "";
  await t.test("a release is attested, and reaches prod once that is verified", async () => {
    const released = good(await runner.run("deploy.yml", "staging"));
    image = released["image"] ?? "";
    assert.match(image, new RegExp(`^${ecrRegistry.host}/ping@sha256:`));
    good(await runner.run("deploy.yml", "prod", { needs: { staging: { outputs: released } } }));
    assert.equal((await prod.outputs()).image, image);
  });

  await t.test("nothing has drifted", async () => {
    good(await runner.run("drift.yml", "drift"));
    assert.deepEqual(github.issues, []);
  });

  await t.test("a release whose pods crash goes back", async () => {
    edit(cwd, "Pulumi.staging.yaml", "config:\n", "config:\n  ping:progressDeadline: 20\n");
    edit(cwd, "app/main.go", "func main() {", 'func main() {\n\tpanic("not today")');
    await commit(staging);
    const { failures } = await runner.run("deploy.yml", "staging");
    assert.match(failures.join("\n"), /; it is back at the last good release, /);
    assert.equal((await staging.outputs()).image, image);
  });

  await t.test("the images that no stack uses are deleted, and what runs can be pulled and proven", async () => {
    const ecr = new ECR(client);
    const indexes = async () => {
      const { imageDetails = [] } = await ecr.describeImages({ repositoryName: "ping" });
      return imageDetails.flatMap(({ imageDigest, imageTags = [] }) => (imageTags.length === 0 ? [] : [imageDigest]));
    };
    assert.equal((await indexes()).length, 3, "what a person brought up, the release, and the one that crashed");
    good(await runner.run("clean.yml", "clean"));
    // pull-requests still runs the content that a person brought up: a digest counts in whichever repository.
    const { image: first } = await projects["pull-requests"].outputs();
    assert.deepEqual((await indexes()).sort(), [first, image].map((each) => each.split("@")[1]).sort());
    // Both platforms of each, and three attestations of the release.
    assert.equal((await ecr.describeImages({ repositoryName: "ping" })).imageDetails?.length, 9);

    const DOCKER_CONFIG = join(directory, "person");
    const job = {
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: repository,
      GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/deploy.yml@refs/heads/main`,
      GITHUB_RUN_ID: "1",
      GITHUB_RUN_ATTEMPT: "1",
    };
    const commands = [
      `aws ecr get-login-password --region ${region} | crane auth login -u AWS --password-stdin ${ecrRegistry.host}`,
      ...["linux/amd64", "linux/arm64"].map(
        (each) => `crane pull --platform ${each} ${image} ${DOCKER_CONFIG}/image.tar`,
      ),
      adapt(`node --require ./loader delivery/cli/verify.ts --image ${image}`),
    ];
    const options = { cwd, env: { ...env, ...job, DOCKER_CONFIG } };
    await succeed(withRegistryName(["bash", "-e", "-c", commands.join("\n")]), options);
  });

  await t.test("an environment goes with its pull request, or is swept up later", async () => {
    good(await runner.run("pull-request.yml", "environment", { event: event("closed") }));
    assert.deepEqual([...new Set(deployments().map(([newest]) => newest))], ["inactive"]);
    const left = new Project(cwd, "pr-8", { ...staging.env, PULUMI_BACKEND_URL: buckets["pull-requests"] });
    await left.pulumi("stack", "init", "--no-select");
    const { numbers = "" } = good(await runner.run("sweep.yml", "list"));
    // Other suites have environments in the cluster too.
    const ours = (JSON.parse(numbers) as number[]).filter((each) => [Number(number), 8].includes(each));
    assert.deepEqual(ours, [8]);
    good(
      await runner.run("sweep.yml", "remove", { matrix: { number: "8" }, needs: { list: { outputs: { numbers } } } }),
    );
    assert.deepEqual(JSON.parse(await left.pulumi("stack", "ls", "--json")), []);
  });

  await t.test("every command of every job that takes on a role was run", () => {
    const ran = new Set(runner.steps.flatMap(({ workflow, job, run }) => [run, `${workflow} ${job} ${run}`]));
    const missing = (steps: readonly Step[], prefix = ""): string[] =>
      steps.flatMap((step) => {
        // Not every job runs each step of a shared action.
        const inAction = bringsTools(step) ? [] : missing(compositeAction(step)?.steps ?? []);
        return step.run === undefined || ran.has(prefix + step.run) ? inAction : [step.run];
      });
    for (const workflow of ["clean.yml", "deploy.yml", "drift.yml", "preview.yml", "pull-request.yml", "sweep.yml"]) {
      for (const [job, { permissions, steps }] of Object.entries(workflowJobs(workflow))) {
        if (permissions["id-token"] === "write") {
          assert.deepEqual(missing(steps, `${workflow} ${job} `), []);
        }
      }
    }
  });

  await t.test("no command was refused", () => {
    assert.deepEqual(refused(runner.steps), []);
  });

  await t.test("each role has the rights that its commands use, and docs/roles.md shows them", async () => {
    const unneeded = unused(await registeredRights(iam), runner.steps).map((right) => ({
      ...right,
      why: spare.find(({ role: of, action = right.action }) => of === right.role && action === right.action)?.why,
    }));
    const hasChanged = writeRoles(used(runner.steps), unneeded);
    assert.deepEqual(
      unneeded.filter(({ why }) => why === undefined),
      [],
      "take these rights out of infra/github/role-policies.ts",
    );
    const needless = spare.filter(({ why }) => !unneeded.some((each) => each.why === why));
    assert.deepEqual(needless, [], "these rights are used now");
    assert.ok(!hasChanged, "docs/roles.md has changed: look at the difference and commit it");
  });
}

/** The rights that the policies of the roles give, which IAM has. */
async function registeredRights(iam: IAM): Promise<Right[]> {
  const { Roles = [] } = await iam.listRoles();
  const rights = await Promise.all(
    Roles.map(async ({ RoleName: role = "" }) => {
      const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName: role });
      const policies = await Promise.all(
        PolicyNames.map(async (PolicyName) => {
          const { PolicyDocument = "" } = await iam.getRolePolicy({ RoleName: role, PolicyName });
          return JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: { Action: string[] }[] };
        }),
      );
      const actions = policies.flatMap(({ Statement: statements }) => statements.flatMap(({ Action: each }) => each));
      return [...new Set(actions)].map((action) => ({ role, action }));
    }),
  );
  return rights.flat();
}

/** Ends at once what the stacks have in the cluster. Their AWS and their state end with the suite. */
async function removeNamespaces(projects: readonly Project[]): Promise<void> {
  await Promise.all(
    projects.map(async ({ namespace, env }) => {
      await execute(["kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--wait=false"], { env });
      await execute(["kubectl", "--namespace", namespace, "delete", "pods", "--all", "--force", "--grace-period=0"], {
        env,
      });
      await execute(["kubectl", "wait", "--for=delete", `namespace/${namespace}`, "--timeout=60s"], { env });
    }),
  );
}
