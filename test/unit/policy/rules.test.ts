import assert from "node:assert/strict";
import { before, test } from "node:test";
import { EcrRegistry } from "../../../infra/registry/ecr/ecr-registry";
import { GoService } from "../../../infra/service";
import { allowedAccounts } from "../../../policy/aws-accounts";
import { defaultSettings, type Properties, type Settings } from "../../../policy/rule";
import { rules } from "../../../policy/rules";
import { Mocks } from "../../support/mocks";

const image = `localhost:15000/ping@sha256:${"a".repeat(64)}`;
const account = "111122223333";
const settings: Settings = { ...defaultSettings, registries: ["localhost:15000"], accounts: [account] };
const types = {
  deployment: "kubernetes:apps/v1:Deployment",
  pod: "kubernetes:core/v1:Pod",
  job: "kubernetes:batch/v1:Job",
  cronJob: "kubernetes:batch/v1:CronJob",
  build: "docker-build:index:Image",
  repository: "aws:ecr/repository:Repository",
};

const secure = {
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
const container = {
  name: "web",
  image,
  startupProbe: {},
  readinessProbe: {},
  livenessProbe: {},
  securityContext: secure,
};

/** A Deployment whose container differs from a good one by these properties, and its pod by those. */
const deployment = (changes: Properties = {}, pod: Properties = {}) => ({
  spec: { template: { spec: { containers: [{ ...container, ...changes }], ...pod } } },
});
const security = (changes: Properties) => deployment({ securityContext: { ...secure, ...changes } });

interface Cases {
  /** What passes, by what it shows: type and properties. */
  readonly passes: Readonly<Record<string, readonly [string, Properties]>>;
  /** What is refused, by what it shows: type, properties and the violations. */
  readonly refuses: Readonly<Record<string, readonly [string, Properties, readonly string[]]>>;
}

const cases: Readonly<Record<string, Cases>> = {
  "image-digest": {
    passes: {
      "a digest": [types.deployment, deployment()],
      "a tag with a digest": [
        types.deployment,
        deployment({ image: `localhost:15000/ping:v1@sha256:${"a".repeat(64)}` }),
      ],
      "what makes no pod": ["kubernetes:core/v1:Service", { spec: { containers: [{ image: "nginx" }] } }],
      "another provider's Pod": ["other:core/v1:Pod", { spec: { containers: [{ image: "nginx" }] } }],
    },
    refuses: {
      "no tag and no digest": [
        types.deployment,
        deployment({ image: "localhost:15000/ping" }),
        ['The image of container web, "localhost:15000/ping", has no digest (@sha256:…).'],
      ],
      "a digest that is none": [
        types.deployment,
        deployment({ image: "localhost:15000/ping@sha256:12" }),
        ['The image of container web, "localhost:15000/ping@sha256:12", has no digest (@sha256:…).'],
      ],
      "no image": [
        types.pod,
        { spec: { containers: [{}] } },
        ['The image of container number 1, "", has no digest (@sha256:…).'],
      ],
    },
  },
  "no-tag-only-deploy": {
    passes: { "a digest behind a port": [types.deployment, deployment()] },
    refuses: {
      "a tag, also of an init container and of a CronJob": [
        types.cronJob,
        {
          spec: {
            jobTemplate: {
              spec: { template: { spec: { initContainers: [{ name: "copy", image: "localhost:15000/ping:v1" }] } } },
            },
          },
        },
        ['The image of init container copy, "localhost:15000/ping:v1", is a tag: deploy it by digest.'],
      ],
    },
  },
  "allowed-registries": {
    passes: {
      "an allowed one": [types.deployment, deployment()],
      "ECR in an allowed account, in any region": [
        types.deployment,
        deployment({ image: "111122223333.dkr.ecr.eu-central-1.amazonaws.com/team/ping:v1" }),
      ],
      "a build that pushes there": [types.build, { tags: ["localhost:15000/ping"] }],
    },
    refuses: {
      "Docker Hub, whose name is left out": [
        types.deployment,
        deployment({ image: "nginx" }),
        [
          'The image of container web, "nginx", is in none of the allowed registries: localhost:15000, 111122223333.dkr.ecr.*.amazonaws.com.',
        ],
      ],
      "a host that starts with an allowed one": [
        types.deployment,
        deployment({ image: "localhost:150001/ping" }),
        [
          'The image of container web, "localhost:150001/ping", is in none of the allowed registries: localhost:15000, 111122223333.dkr.ecr.*.amazonaws.com.',
        ],
      ],
      "a host that an allowed one is a path of": [
        types.deployment,
        deployment({ image: "evil.example/111122223333.dkr.ecr.y.amazonaws.com/ping" }),
        [
          'The image of container web, "evil.example/111122223333.dkr.ecr.y.amazonaws.com/ping", is in none of the allowed registries: localhost:15000, 111122223333.dkr.ecr.*.amazonaws.com.',
        ],
      ],
      "ECR in another account": [
        types.deployment,
        deployment({ image: "444455556666.dkr.ecr.eu-central-1.amazonaws.com/ping" }),
        [
          'The image of container web, "444455556666.dkr.ecr.eu-central-1.amazonaws.com/ping", is in none of the allowed registries: localhost:15000, 111122223333.dkr.ecr.*.amazonaws.com.',
        ],
      ],
      "a build that pushes elsewhere": [
        types.build,
        { tags: ["docker.io/team/ping"] },
        [
          'The image of this build, "docker.io/team/ping", is in none of the allowed registries: localhost:15000, 111122223333.dkr.ecr.*.amazonaws.com.',
        ],
      ],
    },
  },
  probes: {
    passes: {
      "all three": [types.deployment, deployment()],
      "an init container without": [types.deployment, deployment({}, { initContainers: [{ name: "copy" }] })],
      "a job without": [types.job, { spec: { template: { spec: { containers: [{ name: "once" }] } } } }],
    },
    refuses: {
      "each that is missing, in each container": [
        types.deployment,
        deployment(
          { startupProbe: undefined },
          {
            containers: [
              { ...container, startupProbe: undefined },
              { name: "proxy", livenessProbe: {} },
            ],
          },
        ),
        [
          "The container web has no startupProbe.",
          "The container proxy has no startupProbe.",
          "The container proxy has no readinessProbe.",
        ],
      ],
    },
  },
  "restricted-security-context": {
    passes: {
      "all of it": [types.deployment, deployment()],
      "what the pod says for its containers": [
        types.deployment,
        deployment(
          { securityContext: { ...secure, runAsNonRoot: undefined, seccompProfile: undefined } },
          {
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "Localhost" } },
            volumes: [{ name: "tmp", emptyDir: {} }],
          },
        ),
      ],
      "the one capability that the profile allows": [
        types.deployment,
        security({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
      ],
    },
    refuses: {
      "no security context": [
        types.pod,
        { spec: { containers: [{ name: "web" }] } },
        [
          "The container web doesn't set runAsNonRoot.",
          "The container web has no seccomp profile.",
          "The container web doesn't forbid allowPrivilegeEscalation.",
          "The container web doesn't drop ALL capabilities.",
          "The container web doesn't make its root read-only.",
        ],
      ],
      "a container that takes back what its pod says": [
        types.deployment,
        deployment(
          { securityContext: { ...secure, runAsNonRoot: false, runAsUser: 0 } },
          { securityContext: { runAsNonRoot: true } },
        ),
        ["The container web doesn't set runAsNonRoot.", "The container web runs as user 0."],
      ],
      privileges: [
        types.deployment,
        security({ privileged: true, capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] }, procMount: "Unmasked" }),
        [
          "The container web is privileged.",
          "The container web adds the capabilities SYS_ADMIN.",
          "The container web sets procMount.",
        ],
      ],
      "the node's own things": [
        types.deployment,
        deployment(
          { ports: [{ hostPort: 80 }] },
          {
            hostNetwork: true,
            hostPID: true,
            hostIPC: true,
            volumes: [{ name: "root", hostPath: {} }],
            securityContext: { sysctls: [{}] },
          },
        ),
        [
          "The pod sets hostNetwork.",
          "The pod sets hostPID.",
          "The pod sets hostIPC.",
          "The volume root is of none of the kinds configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, projected, secret.",
          "The pod sets sysctls.",
          "The container web takes a port of its node.",
        ],
      ],
    },
  },
  "ecr-immutability": {
    passes: {
      "immutable tags": [types.repository, { imageTagMutability: "IMMUTABLE" }],
    },
    refuses: {
      "ECR's default": [types.repository, {}, ["imageTagMutability is MUTABLE: set IMMUTABLE."]],
      "immutability with exceptions": [
        types.repository,
        { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" },
        ["imageTagMutability is IMMUTABLE_WITH_EXCLUSION: set IMMUTABLE."],
      ],
    },
  },
};

test("every rule has cases", () => {
  assert.deepEqual(rules.map(({ name }) => name).sort(), Object.keys(cases).sort());
});

for (const { name, violations } of rules) {
  for (const [what, [type, properties]] of Object.entries(cases[name]?.passes ?? {})) {
    test(`${name} lets ${what} pass`, () => assert.deepEqual(violations(type, properties, settings), []));
  }
  for (const [what, [type, properties, expected]] of Object.entries(cases[name]?.refuses ?? {})) {
    test(`${name} refuses ${what}`, () => assert.deepEqual(violations(type, properties, settings), expected));
  }
}

test("the allowed registries are what the config says", () => {
  const rule = rules.find(({ name }) => name === "allowed-registries");
  const found = (registry: string) =>
    rule?.violations(types.deployment, deployment(), { ...defaultSettings, registries: [registry] }).length;
  assert.deepEqual(["localhost:15000/ping", "localhost:15000/other", "*:15000"].map(found), [0, 1, 0]);
});

test("no registry is allowed until the stack has said which is its own, or the pack's config has", () => {
  const rule = rules.find(({ name }) => name === "allowed-registries");
  assert.deepEqual(rule?.violations(types.deployment, deployment(), defaultSettings), [
    `The image of container web, "${image}", is in none of the allowed registries: there are none.`,
  ]);
});

test("ECR is allowed in the accounts that AWS's default provider is configured with, and in none without it", () => {
  const provider = "pulumi:providers:aws";
  const accounts = (given: Properties) => allowedAccounts(provider, "default_7_48_0", given);
  const elsewhere = { accounts: [account], awsDomain: "amazonaws.com" };
  assert.deepEqual(accounts({ allowedAccountIds: `["${account}"]`, region: "eu-central-1" }), elsewhere);
  assert.deepEqual(accounts({ allowedAccountIds: [account], region: "us-gov-west-1" }), elsewhere);
  const china = { accounts: [account], awsDomain: "amazonaws.com.cn" };
  assert.deepEqual(accounts({ allowedAccountIds: [account], region: "cn-north-1" }), china);
  assert.deepEqual(accounts({}), { ...elsewhere, accounts: [] });
  assert.equal(allowedAccounts(provider, "another", { allowedAccountIds: [account] }), undefined);
  assert.equal(allowedAccounts(types.repository, "default", { allowedAccountIds: [account] }), undefined);
  assert.deepEqual(defaultSettings.accounts, []);
});

before(() => Mocks.start());

test("everything that the program registers passes every rule", async () => {
  const mocks = await Mocks.start();
  const quantities = { cpu: "1", memory: "64Mi", "ephemeral-storage": "128Mi" };
  const resources = { requests: quantities, limits: quantities };
  new GoService(
    "ping",
    {
      namespace: "ping-dev",
      service: "ping",
      image,
      user: { uid: 10001, gid: 10001 },
      platforms: ["linux/amd64"],
      port: 8080,
      health: { protocol: "http", path: "/health", livenessPath: "/health" },
      args: [],
      env: {},
      encryptedEnv: { values: { TOKEN: "hush" }, hash: "12ab" },
      pullLogin: { host: "ghcr.io", username: "me", password: "hush" },
      replicas: { min: 2, max: 10 },
      progressDeadline: 120,
      migrate: { args: ["migrate"] },
      metrics: { path: "/metrics", port: 9100, podMonitor: true },
      exposure: { host: "shop.example.com", gateway: { name: "public", namespace: "traefik" }, from: ["traefik"] },
      resources,
      egress: [],
    },
    {},
  );
  const credentials = { username: "AWS", password: "hush" };
  const host = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";
  const repository = { name: `${host}/ping`, host, path: "ping" };
  new EcrRegistry("ping", {
    repository,
    credentials,
    dockerLogin: false,
    make: { repository: "ping", protect: true, forceDelete: false, expireAfter: undefined, pullers: [] },
    promotion: undefined,
  });
  const registered = await mocks.registered();
  assert.ok(registered.includes(`${types.repository} ping-repository`));
  assert.ok(registered.includes(`${types.deployment} ping-deployment`));
  assert.ok(registered.includes("kubernetes:batch/v1:Job ping-migration"));
  const found = mocks.resources.flatMap(({ type, name, inputs }) =>
    rules.flatMap(({ violations }) => violations(type, inputs, settings).map((violation) => `${name}: ${violation}`)),
  );
  assert.deepEqual(found, []);
});
