import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { z } from "zod";
import { provenanceTools } from "../../sandbox/toolchain/binaries";
import { versionOf } from "../../sandbox/toolchain/go-modules";
import { commandsIn } from "../../support/commands";

const step = z.object({
  uses: z.string().default(""),
  if: z.string().optional(),
  run: z.string().default(""),
  with: z.record(z.string(), z.unknown()).default({}),
  env: z.record(z.string(), z.string()).default({}),
});
const job = z.object({
  strategy: z.object({ matrix: z.object({ command: z.array(z.string()).default([]) }) }).optional(),
  if: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  uses: z.string().optional(),
  environment: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  concurrency: z.object({ group: z.string(), "cancel-in-progress": z.boolean() }).optional(),
  steps: z.array(step).default([]),
});
const workflow = z.object({ on: z.record(z.string(), z.unknown()), jobs: z.record(z.string(), job) });

const github = join(__dirname, "../../../.github");
const folder = join(github, "workflows");
const workflows = Object.fromEntries(
  readdirSync(folder).map((file) => [file, workflow.parse(load(readFileSync(join(folder, file), "utf8")))]),
);
const jobs = Object.entries(workflows).flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, each]) => ({ name: `${file}: ${name}`, ...each })),
);
/** The steps of each action that the workflows share. */
const actions = Object.fromEntries(
  readdirSync(join(github, "actions")).map((name) => {
    const action = load(readFileSync(join(github, "actions", name, "action.yml"), "utf8"));
    return [name, z.object({ runs: z.object({ steps: z.array(step) }) }).parse(action).runs.steps] as const;
  }),
);
const usesAction =
  (name: string) =>
  ({ uses }: z.infer<typeof step>) =>
    uses === `./.github/actions/${name}`;
const takesRole = usesAction("credentials");
const stepsOf = (text: string) =>
  jobs.flatMap(({ name, steps, ...rest }) =>
    steps.filter(({ run }) => run.includes(text)).map((each) => ({ job: { name, ...rest }, ...each })),
  );

test("a secret is a step's alone, comes after the install, and is of the job's GitHub environment", () => {
  for (const { name, env, environment, steps } of jobs) {
    assert.doesNotMatch(JSON.stringify(env), /secrets\.|github\.token/, name);
    const isSecret = (each: z.infer<typeof step>) => JSON.stringify(each).includes("secrets.") || takesRole(each);
    const first = steps.findIndex(isSecret);
    if (first !== -1) {
      const installed = steps.findIndex(usesAction("setup"));
      assert.ok(installed !== -1 && installed < first, `${name} installs packages with a secret`);
      assert.notEqual(environment, undefined, `${name} has no environment`);
    }
  }
});

test("a step that has Pulumi's passphrase has no token of GitHub's", () => {
  for (const { name, steps } of jobs) {
    for (const { env } of steps) {
      assert.ok(!("PULUMI_CONFIG_PASSPHRASE" in env && "GITHUB_TOKEN" in env), name);
    }
  }
});

test("a step that changes a stack gets the signals of a cancelled job, and is the only one of its stack", () => {
  const changing = ["release.ts", "pull-request.ts", "sweep.ts --number"].flatMap(stepsOf);
  assert.deepEqual(
    changing.map(({ job: { name, concurrency, environment }, run }) => [
      name,
      environment,
      concurrency?.group.replace(/\$\{\{ (?:.*\.)?number \}\}/, "N"),
      concurrency?.["cancel-in-progress"],
      run.startsWith("exec node "),
    ]),
    [
      ["deploy.yml: staging", "staging", "stack-staging", false, true],
      ["deploy.yml: prod", "prod", "stack-prod", false, true],
      ["pull-request.yml: environment", "pull-requests", "stack-pr-N", false, true],
      ["pull-request.yml: environment", "pull-requests", "stack-pr-N", false, true],
      ["sweep.yml: remove", "pull-requests", "stack-pr-N", false, true],
    ],
  );
});

test("a job on main runs nothing that a pull request's stack names: it has no passphrase for its state", () => {
  const onMain = jobs.filter(
    ({ name, environment }) => environment === "pull-requests" && !name.startsWith("pull-request"),
  );
  assert.deepEqual(
    onMain.map(({ name }) => name),
    ["sweep.yml: list", "sweep.yml: remove"],
  );
  assert.doesNotMatch(JSON.stringify(onMain), /PASSPHRASE|pull-request\.ts|destroy/);
});

test("images are deleted by one job, on main, with a role of its own and no passphrase", () => {
  const deleting = stepsOf("clean.ts").map(({ job: { name, environment }, run }) => [name, environment, run]);
  const command = 'node --require ./loader delivery/cli/clean.ts --repository "$REPOSITORY" --yes';
  assert.deepEqual(deleting, [["clean.yml: clean", "clean", command]]);
  const { clean } = workflows["clean.yml"]?.jobs ?? {};
  assert.deepEqual(Object.keys(workflows["clean.yml"]?.on ?? {}), ["schedule", "workflow_dispatch"]);
  assert.doesNotMatch(JSON.stringify(clean), /PASSPHRASE|AWS_DEPLOY_ROLE|AWS_PREVIEW_ROLE/);
  assert.deepEqual(
    jobs.filter(({ steps }) => JSON.stringify(steps).includes("AWS_CLEAN_ROLE")).map(({ name }) => name),
    ["clean.yml: clean"],
  );
});

test("a commit is released after its own checks, staging before prod", () => {
  const { ci, staging, approve, prod } = workflows["deploy.yml"]?.jobs ?? {};
  assert.deepEqual(
    [ci?.uses, staging?.needs, approve?.needs, prod?.needs],
    ["./.github/workflows/ci.yml", "ci", "staging", ["staging", "approve"]],
  );
  assert.deepEqual(Object.keys(workflows["ci.yml"]?.on ?? {}), ["pull_request", "workflow_call"]);
});

test("a run that waits for approval gives way to a newer one, and holds up no release of prod", () => {
  const { approve, prod } = workflows["deploy.yml"]?.jobs ?? {};
  assert.deepEqual(
    [approve?.environment, approve?.concurrency, approve?.permissions, approve?.steps.map(({ uses }) => uses)],
    ["prod-approval", { group: "approve-prod", "cancel-in-progress": true }, {}, [""]],
  );
  assert.deepEqual(
    [prod?.environment, prod?.concurrency],
    ["prod", { group: "stack-prod", "cancel-in-progress": false }],
  );
});

test("a job that may sign or take on a role runs no code but what a digest, a lock file or a version names", () => {
  const trusted = jobs.filter(({ permissions }) => permissions?.["id-token"] === "write");
  assert.ok(trusted.length >= 6);
  const shared = Object.entries(actions).map(([name, steps]) => ({ name, steps }));
  for (const { name, steps } of [...trusted, ...shared]) {
    for (const { uses, run } of steps) {
      assert.match(uses, /^(?:|\.\/\.github\/actions\/(?:credentials|setup)|[\w./-]+@[0-9a-f]{40})$/, name);
      assert.doesNotMatch(run, /npm (?!ci --ignore-scripts\n)|npx|curl|wget|pipx?\b|go (?:run|get)|@latest/, name);
    }
  }
  const uses = [...trusted, ...shared].flatMap(({ steps }) => steps.map((each) => each.uses.split("@")[0] ?? ""));
  assert.deepEqual([...new Set(uses)].sort(), [
    "",
    "./.github/actions/credentials",
    "./.github/actions/setup",
    "actions/checkout",
    "actions/setup-go",
    "actions/setup-node",
    "aws-actions/configure-aws-credentials",
    "pulumi/actions",
    "sigstore/cosign-installer",
  ]);
  const builder = actions["setup"]?.find(({ run }) => run.includes("docker buildx create"));
  assert.match(
    builder?.run ?? "",
    /buildkit\.Dockerfile"\)\ndocker buildx create --use --driver-opt "image=\$image"\n$/,
  );
  const image = readFileSync(join(github, "actions/setup/buildkit.Dockerfile"), "utf8");
  assert.match(image, /^FROM moby\/buildkit:v[\d.]+@sha256:[0-9a-f]{64}$/m);
});

test("each job takes on a role of its GitHub environment once, with the cluster and the registry that it needs", () => {
  const of = (name: string, roles: readonly string[], others: object) =>
    roles.map((role) => [name, { role: `\${{ ${role} }}`, region: "${{ vars.AWS_REGION }}", ...others }]);
  const cluster = "${{ vars.EKS_CLUSTER }}";
  const deploy = ["vars.AWS_DEPLOY_ROLE"];
  const image = "${{ needs.staging.outputs.image }}";
  const opens = "${{ github.event.action != 'closed' && 'account' || 'none' }}";
  const previewed = "matrix.stack == 'prod' && vars.AWS_PREVIEW_ROLE_PROD || vars.AWS_PREVIEW_ROLE_STAGING";
  assert.deepEqual(
    jobs.flatMap(({ name, steps }) => steps.filter(takesRole).map((each) => [name, each.with])),
    [
      ...of("clean.yml: clean", ["vars.AWS_CLEAN_ROLE"], {}),
      ...of("deploy.yml: staging", deploy, { cluster, registry: "account" }),
      ...of("deploy.yml: prod", deploy, { cluster, registry: image }),
      ...of("drift.yml: drift", ["vars.AWS_PREVIEW_ROLE_STAGING"], { registry: "account" }),
      ...of("drift.yml: drift", ["vars.AWS_PREVIEW_ROLE_PROD"], {}),
      ...of("preview.yml: preview", [previewed], { registry: "account" }),
      ...of("pull-request.yml: environment", deploy, { cluster, registry: opens }),
      ...of("sweep.yml: list", deploy, { cluster }),
      ...of("sweep.yml: remove", deploy, { cluster }),
    ],
  );
  assert.deepEqual(
    jobs.filter(({ steps }) => steps.some(takesRole)).map(({ name }) => name),
    jobs.filter(({ permissions }) => permissions?.["id-token"] === "write").map(({ name }) => name),
  );
});

test("the action credentials asks for a token that is meant for AWS of its region's partition", () => {
  const [assume] = actions["credentials"] ?? [];
  assert.deepEqual(assume?.with, {
    "role-to-assume": "${{ inputs.role }}",
    "aws-region": "${{ inputs.region }}",
    audience: "${{ startsWith(inputs.region, 'cn-') && 'sts.amazonaws.com.cn' || 'sts.amazonaws.com' }}",
  });
});

test("the action credentials gives a password to the registry that is meant, and to no other", (t) => {
  const [, kubeconfig, login] = actions["credentials"] ?? [];
  assert.deepEqual(
    [kubeconfig, login].map((each) => [each?.if, each?.env]),
    [
      ["inputs.cluster != 'none'", { CLUSTER: "${{ inputs.cluster }}" }],
      ["inputs.registry != 'none'", { REGISTRY: "${{ inputs.registry }}" }],
    ],
  );
  const own = "https://111122223333.dkr.ecr.eu-central-1.amazonaws.com";
  const aws = `case $2 in get-authorization-token) echo ${own} ;; get-login-password) echo secret ;; esac`;
  const bin = commandsIn(t, { aws, docker: 'echo "$@: $(cat)"' });
  const registry = (REGISTRY: string) => {
    const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, REGISTRY };
    return spawnSync("bash", ["-eo", "pipefail", "-c", login?.run ?? ""], { env, encoding: "utf8" });
  };
  const other = "444455556666.dkr.ecr.eu-central-1.amazonaws.com";
  assert.deepEqual(
    ["account", `${other}/ping@sha256:${"0".repeat(64)}`].map((each) => registry(each).stdout),
    [own.replace("https://", ""), other].map((host) => `login --username AWS --password-stdin ${host}: secret\n`),
  );
  const unset = registry("");
  assert.deepEqual([unset.status === 0, unset.stdout], [false, ""]);
});

test("with PROD_APART, no job that a branch can change has prod's passphrase unless prod's reviewers let it", () => {
  const environments = Object.fromEntries(jobs.map(({ name, environment }) => [name, environment]));
  assert.deepEqual(
    [environments["preview.yml: preview"], environments["drift.yml: drift"]],
    [
      "${{ vars.PROD_APART && matrix.stack == 'prod' && 'preview-prod' || 'preview' }}",
      "${{ vars.PROD_APART && 'drift' || 'preview' }}",
    ],
  );
  const [drift] = stepsOf("drift-preview.ts --stack prod");
  assert.equal(
    drift?.env["PULUMI_CONFIG_PASSPHRASE"],
    "${{ secrets.PULUMI_CONFIG_PASSPHRASE_PROD || secrets.PULUMI_CONFIG_PASSPHRASE }}",
  );
  assert.deepEqual(Object.keys(workflows["drift.yml"]?.on ?? {}), ["schedule", "workflow_dispatch"]);
});

test("staging signs what it has built itself, and prod verifies that before it deploys", () => {
  const scripts = (name: string) =>
    workflows["deploy.yml"]?.jobs[name]?.steps.flatMap(({ run }) => /delivery\/cli\/([\w-]+)\.ts/.exec(run)?.[1] ?? []);
  assert.deepEqual(
    [scripts("staging"), scripts("prod")],
    [
      ["release", "attest"],
      ["verify", "release"],
    ],
  );
  assert.deepEqual(
    stepsOf("attest.ts").map(({ run, env }) => [run.endsWith(' --built "$BUILT"'), env["BUILT"]]),
    [[true, "${{ steps.release.outputs.built }}"]],
  );
  assert.doesNotMatch(JSON.stringify(stepsOf("attest.ts")), /PASSPHRASE/, "it reads no secret of the stack");
  const images = ["verify.ts", "release.ts --stack prod"].flatMap(stepsOf).map(({ env }) => env["IMAGE"]);
  assert.deepEqual(images, Array(2).fill("${{ needs.staging.outputs.image }}"));
});

test("the workflows sign with the programs that the suite shows it with, installed before any credentials", () => {
  const cosign = [["cosign-release", versionOf("provenance", "github.com/sigstore/cosign/v3")]];
  const module = provenanceTools.module;
  const syft = `go -C test/sandbox/toolchain/binaries/${module} install ./syft`;
  assert.ok(provenanceTools.packages.includes("./syft"));
  const installs = ({ uses, run }: z.infer<typeof step>) => uses.startsWith("sigstore/") || run.includes("syft");
  const installed = jobs.filter(({ steps }) => steps.some(installs));
  assert.deepEqual(
    installed.map(({ name, steps }) => [
      name,
      ...steps.filter(installs).map((each) => (each.run === "" ? Object.entries(each.with) : each.run)),
    ]),
    [
      ["deploy.yml: staging", cosign, syft],
      ["deploy.yml: prod", cosign],
    ],
  );
  for (const { name, steps } of installed) {
    assert.ok(steps.findLastIndex(installs) < steps.findIndex(takesRole), name);
  }
});

test("an environment's deployment and comment are written by the jobs that make and remove it, and by no other", () => {
  const writing = (permission: string) =>
    jobs.filter(({ permissions }) => permissions?.[permission] === "write").map(({ name }) => name);
  const [makes, removes] = ["pull-request.yml: environment", "sweep.yml: remove"];
  assert.deepEqual(
    [writing("deployments"), writing("pull-requests")],
    [
      [makes, removes],
      ["preview.yml: preview", makes, removes],
    ],
  );
  const { environment } = workflows["pull-request.yml"]?.jobs ?? {};
  // Not for forks and Dependabot.
  assert.equal(environment?.if, workflows["preview.yml"]?.jobs["preview"]?.if);
  const scripts = environment?.steps.flatMap(({ run }) => /delivery\/cli\/([\w-]+\.ts "?[\w$]+)/.exec(run)?.[1] ?? []);
  assert.deepEqual(scripts, [
    "environment-status.ts in_progress",
    "pull-request.ts open",
    'environment-status.ts "$STATE',
    "pull-request.ts close",
    "environment-status.ts inactive",
  ]);
});

test("a pull request that gets no credentials passes, and is told why", () => {
  const [{ environment, env, steps } = { environment: "", env: {}, steps: [] }] = jobs.filter(
    ({ name }) => name === "preview.yml: without-credentials",
  );
  assert.deepEqual([environment, env, steps.map(({ uses }) => uses)], [undefined, {}, [""]]);
  assert.match(steps[0]?.run ?? "", /a pull request from a fork or from Dependabot gets no credentials/);
});

test("CI runs each end-to-end suite once: in its runners' Docker, or in one job without Docker what needs that", () => {
  const suites = readdirSync(join(__dirname, "../../e2e"))
    .filter((file) => file.endsWith(".e2e.ts"))
    // The suite docker builds a Docker, which those runners have.
    .filter((file) => file !== "docker.e2e.ts")
    .map((file) => [file.replace(".e2e.ts", ""), readFileSync(join(__dirname, "../../e2e", file), "utf8")] as const);
  const [inDocker, without] = [false, true].map((is) =>
    suites.filter(([, text]) => text.includes('needs("standalone"') === is).map(([name]) => name),
  );
  const { docker, sandbox } = workflows["ci.yml"]?.jobs ?? {};
  const commands = docker?.strategy?.matrix.command ?? [];
  const suitesOf = (command: string) =>
    /\be2e -- (?:--without-docker )?(.*)/s.exec(command)?.[1]?.trim().split(/\s+/) ?? [];
  assert.deepEqual(commands.flatMap(suitesOf).sort(), inDocker?.sort());
  assert.deepEqual(
    commands.filter((command) => !command.startsWith("e2e")),
    ["lint:manifests"],
  );
  assert.deepEqual(sandbox?.steps.flatMap(({ run }) => suitesOf(run)).sort(), without?.sort());
  assert.deepEqual(
    [sandbox?.strategy, stepsOf("--without-docker").map(({ job: { name } }) => name)],
    [undefined, ["ci.yml: sandbox"]],
  );
});

test("a job that builds logs in to the registry as people do before Pulumi runs, so that no state holds a token", () => {
  const builds = /pulumi preview|release\.ts --stack staging|drift-preview\.ts --stack staging|pull-request\.ts open/;
  const building = jobs.filter(({ steps }) => steps.some(({ run }) => builds.test(run)));
  assert.deepEqual(
    building.map(({ name, steps }) => {
      const login = steps.findIndex((each) => /account/.test(String(each.with["registry"])));
      return [name, login !== -1 && login < steps.findIndex(({ run }) => builds.test(run))];
    }),
    [
      ["deploy.yml: staging", true],
      ["drift.yml: drift", true],
      ["preview.yml: preview", true],
      ["pull-request.yml: environment", true],
    ],
  );
});
