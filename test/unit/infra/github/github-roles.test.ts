import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaner, githubRoles } from "../../../../infra/github/github-roles";
import { deployPolicy, previewPolicy, type Targets } from "../../../../infra/github/role-policies";
import { cleanTrust, deployTrust, previewTrust, trustPolicy } from "../../../../infra/github/trust-policy";
import { podRole } from "../../../../infra/service/pod-role";
import { Mocks, promiseOf, unknown } from "../../../support/mocks";
import { awsOutputs, registryHost } from "../../aws";

const account = { id: "111122223333", partition: "aws", region: "eu-central-1", allowedIds: ["111122223333"] };
const github = {
  repository: "me/ping",
  byName: false,
  environments: [],
  previewEnvironments: ["preview"],
  adopt: false,
};
const registry = {
  kind: "ecr",
  repository: { name: `${registryHost}/team/ping`, host: registryHost, path: "team/ping" },
  login: { username: "AWS", password: "hush", docker: false },
  config: {
    repository: "team/ping",
    use: "make",
    protect: false,
    forceDelete: false,
    expireAfter: undefined,
    pullAccounts: [],
  },
  account,
} as const;
const cluster = { eks: { name: "main" } };
const repository = "arn:aws:ecr:eu-central-1:111122223333:repository/team/ping";
const clusterArn = "arn:aws:eks:eu-central-1:111122223333:cluster/main";
const providerArn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
const made: Targets = { repository, elsewhere: undefined, config: registry.config, cluster: clusterArn };
const adopting = { use: "adopt", repository: "team/ping" } as const;
const pulling = { use: "pull", repository: undefined } as const;
const own = { roles: ["arn:deploy", "arn:preview"], provider: providerArn, association: undefined };

const login = { Sid: "LogIn", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" };
const push = {
  Sid: "Push",
  Effect: "Allow",
  Action: [
    "ecr:CompleteLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:InitiateLayerUpload",
    "ecr:BatchCheckLayerAvailability",
    "ecr:PutImage",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
  ],
  Resource: repository,
};
const findCluster = { Sid: "FindCluster", Effect: "Allow", Action: ["eks:DescribeCluster"], Resource: clusterArn };
const read = (...more: string[]) => ({
  Sid: "Read",
  Effect: "Allow",
  Action: ["ecr:BatchGetImage", ...more],
  Resource: repository,
});
const readRoles = {
  Sid: "ReadRoles",
  Effect: "Allow",
  Action: ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"],
  Resource: ["arn:deploy", "arn:preview"],
};
const layers = "ecr:GetDownloadUrlForLayer";
const describe = ["ecr:DescribeRepositories", "ecr:ListTagsForResource"];
const document = (...statements: object[]) => ({ Version: "2012-10-17", Statement: statements });

test("a deploying job pushes to one repository, looks up one cluster, and nothing else", () => {
  assert.deepEqual(deployPolicy(made), document(login, push, findCluster));
  assert.deepEqual(deployPolicy({ ...made, config: adopting }), document(login, push, findCluster));
  assert.deepEqual(deployPolicy({ ...made, cluster: undefined }), document(login, push));
});

test("it pushes nothing where the image is there already", () => {
  assert.deepEqual(deployPolicy({ ...made, config: pulling }), document(login, read(layers), findCluster));
});

test("a preview reads the image and what the stack has in AWS, and changes nothing", () => {
  const readProvider = {
    Sid: "ReadProvider",
    Effect: "Allow",
    Action: ["iam:GetOpenIDConnectProvider"],
    Resource: providerArn,
  };
  assert.deepEqual(
    previewPolicy(made, own),
    document(login, read(...describe, "ecr:GetRepositoryPolicy"), findCluster, readRoles, readProvider),
  );
  const adopted = { ...own, provider: undefined };
  assert.deepEqual(
    previewPolicy({ ...made, config: adopting }, adopted),
    document(login, read(), findCluster, readRoles),
  );
  assert.deepEqual(
    previewPolicy({ ...made, config: pulling, cluster: undefined }, adopted),
    document(login, read(), readRoles),
  );
});

test("a preview reads the policies that the repository has, and no others", () => {
  const [policy, lifecycle] = ["ecr:GetRepositoryPolicy", "ecr:GetLifecyclePolicy"];
  const pullAccounts = ["444455556666"];
  for (const [config, actions] of [
    [{ pullAccounts }, [policy]],
    [{ expireAfter: 30 }, [lifecycle]],
    [{ expireAfter: 30, pullAccounts }, [policy, lifecycle]],
  ] as const) {
    const targets = { ...made, config: { ...registry.config, ...config } };
    assert.deepEqual(previewPolicy(targets, own).Statement[1], read(...describe, ...actions));
  }
});

/** What is registered, but for the provider. */
const roles = (federated: unknown, deploy: unknown, preview: unknown) => [
  {
    type: "aws:iam/role:Role",
    name: "ping-deploy-role",
    inputs: {
      name: "ping-dev-deploy",
      assumeRolePolicy:
        federated === unknown ? unknown : JSON.stringify(trustPolicy(String(federated), "aws", deployTrust(github))),
    },
  },
  {
    type: "aws:iam/role:Role",
    name: "ping-preview-role",
    inputs: {
      name: "ping-dev-preview",
      assumeRolePolicy:
        federated === unknown ? unknown : JSON.stringify(trustPolicy(String(federated), "aws", previewTrust(github))),
    },
  },
  {
    type: "aws:iam/rolePolicy:RolePolicy",
    name: "ping-deploy-policy",
    inputs: { name: "deploy", role: "ping-dev-deploy", policy: deploy },
  },
  {
    type: "aws:iam/rolePolicy:RolePolicy",
    name: "ping-preview-policy",
    inputs: { name: "preview", role: "ping-dev-preview", policy: preview },
  },
];
const component = { type: "ping:index:GithubIdentity", name: "ping", inputs: {} };
const oidc = {
  type: "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
  name: "ping-github",
  inputs: { url: "https://token.actions.githubusercontent.com", clientIdLists: ["sts.amazonaws.com"] },
};
const madeProvider = "arn:github";
const bothRoles = ["arn:ping-dev-deploy", "arn:ping-dev-preview"];
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

test("an update makes GitHub's provider and two roles with a policy each, and nothing else", async () => {
  const mocks = await Mocks.start({ outputs: awsOutputs });
  const { deployRole, previewRole } = githubRoles("ping", { github, cluster }, registry, undefined);
  assert.deepEqual([await promiseOf(deployRole), await promiseOf(previewRole)], bothRoles);
  await mocks.registered();
  const preview = JSON.stringify(
    previewPolicy(made, { roles: bothRoles, provider: madeProvider, association: undefined }),
  );
  assert.deepEqual(
    mocks.resources.toSorted(byName),
    [component, oidc, ...roles(madeProvider, JSON.stringify(deployPolicy(made)), preview)].sort(byName),
  );
  assert.deepEqual(mocks.calls, []);
});

test("a role that deletes images is made where the config asks for it, for the repository alone", async () => {
  const clean = { environments: ["clean"], workflow: "clean.yml@main" };
  const config = { github: { ...github, clean }, cluster };
  const mocks = await Mocks.start({ outputs: awsOutputs });
  const { cleanRole } = githubRoles("ping", config, registry, undefined);
  assert.equal(await promiseOf(cleanRole), "arn:ping-dev-clean");
  await mocks.registered();
  const inputs = (name: string) => mocks.resources.find((each) => each.name === name)?.inputs;
  const trust = JSON.stringify(trustPolicy(madeProvider, "aws", cleanTrust(config.github, clean)));
  assert.deepEqual(inputs("ping-clean-role"), { name: "ping-dev-clean", assumeRolePolicy: trust });
  const actions = ["ecr:DescribeImages", "ecr:BatchGetImage", "ecr:GetRepositoryPolicy", "ecr:BatchDeleteImage"];
  const policy = document({ Sid: "Clean", Effect: "Allow", Action: actions, Resource: repository });
  const role = "ping-dev-clean";
  assert.deepEqual(inputs("ping-clean-policy"), { name: "clean", role, policy: JSON.stringify(policy) });
  const all = [...bothRoles, "arn:ping-dev-clean"];
  const preview = previewPolicy(made, { roles: all, provider: madeProvider, association: undefined });
  assert.equal(inputs("ping-preview-policy")?.["policy"], JSON.stringify(preview), "drift looks at the role too");
  assert.equal(inputs("ping-deploy-policy")?.["policy"], JSON.stringify(deployPolicy(made)));
});

test("the repository's policy knows the role that deletes images before the role is there", async () => {
  await Mocks.start();
  const clean = { environments: ["clean"] };
  assert.equal(cleaner("ping", { ...github, clean }, account), "arn:aws:iam::111122223333:role/ping-dev-clean");
  const inChina = cleaner("ping", { ...github, clean }, { ...account, partition: "aws-cn" });
  assert.equal(inChina, "arn:aws-cn:iam::111122223333:role/ping-dev-clean");
  assert.deepEqual([cleaner("ping", github, account), cleaner("ping", undefined, undefined)], [undefined, undefined]);
});

test("a preview plans the same, with unknown ARNs", async () => {
  const mocks = await Mocks.start({ preview: true });
  const { deployRole, previewRole } = githubRoles("ping", { github, cluster }, registry, undefined);
  assert.deepEqual([await promiseOf(deployRole), await promiseOf(previewRole)], [unknown, unknown]);
  await mocks.registered();
  assert.deepEqual(
    mocks.resources.toSorted(byName),
    [component, oidc, ...roles(unknown, JSON.stringify(deployPolicy(made)), unknown)].sort(byName),
  );
});

test("a provider that the account has already is adopted", async () => {
  const mocks = await Mocks.start({ outputs: awsOutputs });
  githubRoles("ping", { github: { ...github, adopt: true }, cluster }, registry, undefined);
  await mocks.registered();
  const preview = JSON.stringify(
    previewPolicy(made, { roles: bothRoles, provider: undefined, association: undefined }),
  );
  assert.deepEqual(
    mocks.resources.toSorted(byName),
    [component, ...roles(providerArn, JSON.stringify(deployPolicy(made)), preview)].sort(byName),
  );
});

test("a stack that doesn't ask for it gets nothing", async () => {
  const mocks = await Mocks.start();
  assert.deepEqual(githubRoles("ping", { github: undefined, cluster }, registry, undefined), {});
  assert.deepEqual(await mocks.registered(), []);
});

const china = { ...account, partition: "aws-cn" };

test("the provider and both roles want the audience of the account's partition", async () => {
  const mocks = await Mocks.start({ outputs: awsOutputs });
  githubRoles("ping", { github, cluster }, { ...registry, account: china }, undefined);
  await mocks.registered();
  const inputs = (name: string) => mocks.resources.find((each) => each.name === name)?.inputs;
  assert.deepEqual(inputs("ping-github")?.["clientIdLists"], ["sts.amazonaws.com.cn"]);
  for (const [name, trust] of Object.entries({ deploy: deployTrust(github), preview: previewTrust(github) })) {
    const expected = JSON.stringify(trustPolicy(madeProvider, "aws-cn", trust));
    assert.equal(inputs(`ping-${name}-role`)?.["assumeRolePolicy"], expected);
  }
});

test("the roles reach the repository and the cluster that the stack uses, in the account's partition", async () => {
  const mocks = await Mocks.start({ outputs: awsOutputs });
  const promoting = { ...registry, config: pulling, account: china };
  githubRoles("ping", { github, cluster: { context: "dev" } }, promoting, undefined);
  await mocks.registered();
  const deploy = mocks.resources.find(({ name }) => name === "ping-deploy-policy");
  const targets: Targets = {
    repository: repository.replace("arn:aws:", "arn:aws-cn:"),
    elsewhere: undefined,
    config: pulling,
    cluster: undefined,
  };
  assert.equal(deploy?.inputs["policy"], JSON.stringify(deployPolicy(targets)));
});

const otherHost = registryHost.replace("111122223333", "444455556666");
const foreign = { name: `${otherHost}/shop`, host: otherHost, path: "shop" };
const elsewhere = "arn:aws:ecr:eu-central-1:444455556666:repository/shop";

test("an image of another account is read from there, beside the stack's own repository or without one", async () => {
  const readElsewhere = { ...read(layers), Sid: "ReadElsewhere", Resource: elsewhere };
  assert.deepEqual(deployPolicy({ ...made, elsewhere }), document(login, push, readElsewhere, findCluster));
  for (const [config, targets] of [
    [registry.config, { ...made, elsewhere }],
    [pulling, { ...made, repository: elsewhere, config: pulling }],
  ] as const) {
    const mocks = await Mocks.start({ outputs: awsOutputs });
    githubRoles("ping", { github, cluster }, { ...registry, repository: foreign, config }, undefined);
    await mocks.registered();
    const policy = (name: string) => mocks.resources.find((each) => each.name === name)?.inputs["policy"];
    assert.equal(policy("ping-deploy-policy"), JSON.stringify(deployPolicy(targets)));
    const preview = previewPolicy(targets, { roles: bothRoles, provider: madeProvider, association: undefined });
    assert.equal(policy("ping-preview-policy"), JSON.stringify(preview));
  }
});

test("a preview reads the pods' role too, and no job changes it", async () => {
  const mocks = await Mocks.start({ outputs: awsOutputs });
  const policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"];
  const pods = podRole("ping", { podRole: { policies }, cluster }, { namespace: "a", serviceAccount: "b" }, account);
  githubRoles("ping", { github, cluster }, registry, pods);
  await mocks.registered();
  const policy = (name: string) => mocks.resources.find((each) => each.name === name)?.inputs["policy"];
  assert.equal(policy("ping-deploy-policy"), JSON.stringify(deployPolicy(made)));
  const association = "arn:association";
  const roles = [...bothRoles, "arn:ping-dev-pods"];
  const preview = previewPolicy(made, { roles, provider: madeProvider, association });
  assert.equal(policy("ping-preview-policy"), JSON.stringify(preview));
  assert.deepEqual(preview.Statement.at(-1), {
    Sid: "ReadPodIdentity",
    Effect: "Allow",
    Action: ["eks:DescribePodIdentityAssociation"],
    Resource: association,
  });
});
