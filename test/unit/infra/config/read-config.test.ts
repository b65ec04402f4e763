import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { before, test } from "node:test";
import { Mocks, promiseOf } from "../../../support/mocks";
import { awsConfig } from "../../aws";
import { buildSource } from "../../build-source";
import { digest, read, smallest } from "../../stack";

before(() => Mocks.start());

const defaults = {
  name: "ping",
  source: buildSource,
  platforms: ["linux/amd64", "linux/arm64"],
  registry: {
    repository: { name: "localhost:15000/ping", host: "localhost:15000", path: "ping" },
    credentials: undefined,
  },
  cluster: { context: "sandbox" },
  service: {
    port: 8080,
    health: { protocol: "http", path: "/health", livenessPath: "/health" },
    args: [],
    env: {},
    replicas: { min: 2, max: 10 },
    progressDeadline: 120,
    resources: {
      requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "128Mi" },
      limits: { cpu: "1", memory: "64Mi", "ephemeral-storage": "128Mi" },
    },
    egress: [],
  },
  encryptedEnv: {},
  metrics: undefined,
  aws: undefined,
  podRole: undefined,
  github: undefined,
};

test("registry and cluster are enough", (t) => {
  assert.deepEqual(read(t, smallest).config(), defaults);
});

test("a text stands for a registry's address, and for a context", (t) => {
  const config = { registry: "localhost:15000/ping", cluster: "sandbox" };
  assert.deepEqual(read(t, config).config(), defaults);
});

test("an empty string or object stands for a key that isn't set", (t) => {
  const config = read(t, {
    ...smallest,
    dockerfile: "",
    builder: "",
    image: "",
    env: "{}",
    replicas: "{}",
    resources: "{}",
  });
  assert.deepEqual(config.config(), defaults);
});

test("every key can be set", async (t) => {
  const given = {
    name: "shop",
    app: "./other",
    dockerfile: "./docker/Dockerfile",
    platforms: '["linux/arm64"]',
    builder: "mine",
    bases: '{"docker.io/library/golang:1.26":"mirror.example.com:5000/hub/golang","debian":"ghcr.io/me/debian:12"}',
    build:
      '{"args":{"GOPRIVATE":"example.com","N":1,"B":true},"secrets":{"netrc":"hush"},"ssh":["default"],"contexts":{"docker.io/library/shared:latest":"./other","tools":"docker-image://alpine:3","x/y":"ghcr.io/me/x"},"target":"service"}',
    rebuild: "2026-10-05",
    registry: '{"url":"ghcr.io/me/ping","username":"me","password":"hush"}',
    cluster: '{"context":"kind"}',
    port: "9090",
    healthPath: "/healthz?full",
    livenessPath: "/livez",
    args: '["serve","-v",2,true,"","$(PORT)"]',
    env: '{"A":"text","B":8080,"C":true,"D":"","PORT":9090}',
    replicas: '{"min":1,"max":"3"}',
    progressDeadline: "30",
    startDeadline: "29",
    migrate: '{"args":["migrate","--steps",2]}',
    onClose: '{"args":["drop",3]}',
    metrics: '{"path":"/stats","port":"9100"}',
    resources: '{"requests":{"cpu":0.5},"limits":{"memory":"1Gi"}}',
    quota: '{"pods":4,"cpu":"2500m","memory":"1Gi","ephemeral-storage":"2Gi","objects":50}',
    egress: '[{"cidr":"10.0.0.0/8","ports":[5432,"6432"]},{"cidr":"2001:db8::/32"}]',
    expose:
      '{"host":"a-{stack}.example.com","ingress":{"class":"alb","tlsSecret":"tls","annotations":{"a.b/c":true}},"from":["edge","10.0.0.0/8"]}',
  };
  const files = { "other/go.mod": "", "docker/Dockerfile": "" };
  const config = read(t, given, ["registry", "build"], files).config();
  const place = (host: string, path: string) => ({ name: `${host}/${path}`, host, path });
  const bases = {
    "golang:1.26": { repository: place("mirror.example.com:5000", "hub/golang"), tag: undefined, digest: undefined },
    debian: { repository: place("ghcr.io", "me/debian"), tag: "12", digest: undefined },
  };
  assert.ok("credentials" in config.registry);
  const { credentials, ...registry } = config.registry;
  assert.ok(config.source.kind === "build");
  const { netrc, ...otherSecrets } = config.source.build.secrets;
  assert.ok(netrc);
  assert.deepEqual(
    { ...config, registry },
    {
      name: "shop",
      source: {
        kind: "build",
        app: "./other",
        dockerfile: "./docker/Dockerfile",
        builder: "mine",
        bases,
        build: {
          args: { GOPRIVATE: "example.com", N: "1", B: "true" },
          secrets: { netrc },
          ssh: ["default"],
          contexts: {
            shared: { kind: "directory", directory: "./other" },
            tools: {
              kind: "image",
              image: { repository: place("docker.io", "library/alpine"), tag: "3", digest: undefined },
            },
            "x/y": {
              kind: "image",
              image: { repository: place("ghcr.io", "me/x"), tag: undefined, digest: undefined },
            },
          },
          target: "service",
        },
        rebuild: "2026-10-05",
        origin: undefined,
      },
      platforms: ["linux/arm64"],
      registry: { repository: { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" } },
      cluster: { context: "kind" },
      service: {
        port: 9090,
        health: { protocol: "http", path: "/healthz?full", livenessPath: "/livez" },
        args: ["serve", "-v", "2", "true", "", "$(PORT)"],
        env: { A: "text", B: "8080", C: "true", D: "" },
        replicas: { min: 1, max: 3 },
        progressDeadline: 30,
        startDeadline: 29,
        migrate: { args: ["migrate", "--steps", "2"] },
        onClose: { args: ["drop", "3"] },
        resources: {
          requests: { cpu: "0.5", memory: "64Mi", "ephemeral-storage": "128Mi" },
          limits: { cpu: "1", memory: "1Gi", "ephemeral-storage": "128Mi" },
        },
        quota: { pods: 4, cpu: "2500m", memory: "1Gi", "ephemeral-storage": "2Gi", objects: 50 },
        egress: [{ cidr: "10.0.0.0/8", ports: [5432, 6432] }, { cidr: "2001:db8::/32" }],
      },
      metrics: { path: "/stats", port: 9100 },
      expose: {
        host: "a-dev.example.com",
        ingress: { class: "alb", tlsSecret: "tls", annotations: { "a.b/c": "true" } },
        from: ["edge", "10.0.0.0/8"],
      },
      encryptedEnv: {},
      aws: undefined,
      podRole: undefined,
      github: undefined,
    },
  );
  assert.deepEqual(otherSecrets, {});
  assert.equal(await pulumi.isSecret(netrc), true);
  assert.deepEqual(await promiseOf(pulumi.unsecret(netrc)), "hush");
  assert.equal(credentials?.username, "me");
  assert.equal(await pulumi.isSecret(credentials.password), true);
  assert.deepEqual(await promiseOf(pulumi.unsecret(credentials.password)), "hush");
});

test("without a path of its own, liveness asks what the other probes ask", (t) => {
  const config = read(t, { ...smallest, healthPath: "/healthz" }).config();
  assert.deepEqual(config, {
    ...defaults,
    service: { ...defaults.service, health: { protocol: "http", path: "/healthz", livenessPath: "/healthz" } },
  });
});

test("gRPC takes the place of the paths, whose defaults the CLI hands over, and an empty object is enough", (t) => {
  const unset = { healthPath: "/health", livenessPath: "" };
  for (const [grpcHealth, service] of [
    ["{}", undefined],
    ['{"service":"shop.v1.Orders"}', "shop.v1.Orders"],
  ] as const) {
    const config = read(t, { ...smallest, ...unset, grpcHealth }).config();
    const health = { protocol: "grpc", service };
    assert.deepEqual(config, { ...defaults, service: { ...defaults.service, health } });
  }
  assert.deepEqual(read(t, { ...smallest, ...unset, grpcHealth: "" }).config(), defaults);
});

test("metrics on the service's own port have none of their own", (t) => {
  for (const metrics of ['{"path":"/metrics"}', '{"path":"/metrics","port":8080}']) {
    assert.deepEqual(read(t, { ...smallest, metrics }).config().metrics, { path: "/metrics", port: undefined });
  }
});

test("an image is deployed as it is: no registry, app directory or Dockerfile is needed", (t) => {
  const { registry: _, ...rest } = smallest;
  const config = read(t, { ...rest, image: `ghcr.io/me/ping@${digest}` }, [], {}).config();
  const repository = { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" };
  assert.deepEqual(config, {
    ...defaults,
    source: { kind: "pinned", repository, digest },
    registry: { repository: undefined, credentials: undefined },
  });
});

const aws = { region: "eu-central-1", allowedAccountIds: ["111122223333"] };
const ecr = {
  repository: "ping",
  use: "make",
  protect: false,
  forceDelete: false,
  expireAfter: undefined,
  pullAccounts: [],
};

test("ECR and EKS need a name of the cluster and the provider's own keys alone; the repository has the service's name", (t) => {
  const given = { ...awsConfig, registry: '{"ecr":{}}', cluster: '{"eks":{"name":"main"}}' };
  assert.deepEqual(read(t, given).config(), {
    ...defaults,
    registry: { ecr },
    cluster: { eks: { name: "main" } },
    aws,
  });
  assert.deepEqual(read(t, { ...given, name: "shop" }).config().registry, { ecr: { ...ecr, repository: "shop" } });
});

test("every key of ECR, EKS and GitHub can be set", (t) => {
  const role = "arn:aws:iam::111122223333:role/ops/deployer";
  const github = {
    repository: "my-org@1234/ping.go@5678",
    byName: true,
    branch: "release/1.x",
    environments: ["staging", "prod"],
    workflow: "deploy.yml@release/1.x",
    previewEnvironments: ["preview-prod", "drift"],
    clean: { environments: ["tidy"], workflow: "tidy.yml@main" },
    adopt: true,
  };
  const podRole = {
    policies: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/team/own"],
  };
  const config = read(t, {
    ...awsConfig,
    registry:
      '{"ecr":{"repository":"team/ping","protect":true,"forceDelete":"true","expireAfter":"30","pullAccounts":["444455556666"]}}',
    cluster: JSON.stringify({ eks: { name: "main", profile: "ours", role } }),
    podRole: JSON.stringify(podRole),
    github: JSON.stringify(github),
  }).config();
  assert.deepEqual(config, {
    ...defaults,
    source: { ...defaults.source, origin: "https://github.com/my-org/ping.go" },
    registry: {
      ecr: {
        repository: "team/ping",
        use: "make",
        protect: true,
        forceDelete: true,
        expireAfter: 30,
        pullAccounts: ["444455556666"],
      },
    },
    cluster: { eks: { name: "main", profile: "ours", role } },
    aws,
    podRole,
    github,
  });
  const named = read(t, { ...smallest, ...awsConfig, registry: '{"ecr":{}}', github: '{"repository":"me/ping"}' });
  assert.deepEqual(named.config().github, {
    repository: "me/ping",
    byName: false,
    environments: [],
    previewEnvironments: ["preview"],
    adopt: false,
  });
  const cleaning = { ...smallest, ...awsConfig, registry: '{"ecr":{}}', github: '{"repository":"me/ping","clean":{}}' };
  assert.deepEqual(read(t, cleaning).config().github?.clean, { environments: ["clean"] });
  const adopting = read(t, { ...smallest, ...awsConfig, registry: '{"ecr":{"adopt":true}}' }).config();
  assert.deepEqual(adopting.registry, { ecr: { repository: "ping", use: "adopt" } });
});

test("another stack's image is promoted: no app directory, and no registry but for credentials", (t) => {
  const promoted = (registry: Record<string, string>, stack = "staging") =>
    read(t, { cluster: '{"stack":"org/base/prod"}', imageFrom: stack, ...registry }, [], {}).config();
  const expected = {
    ...defaults,
    source: { kind: "stack", stack: "staging", image: undefined },
    cluster: { stack: "org/base/prod" },
  };
  assert.deepEqual(promoted({}), { ...expected, registry: { repository: undefined, credentials: undefined } });
  const existing = {
    repository: { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" },
    credentials: undefined,
  };
  assert.deepEqual(promoted({ registry: '{"url":"ghcr.io/me/ping"}' }), { ...expected, registry: existing });
  assert.deepEqual(promoted({ ...awsConfig, registry: '{"ecr":{}}' }), {
    ...expected,
    registry: { ecr: { repository: undefined, use: "pull" } },
    aws,
  });
});

test("a stack without AWS may have the provider's keys wrong", (t) => {
  assert.equal(read(t, { ...smallest, "aws:region": "moon" }).config().aws, undefined);
});

test("an image goes before another stack's, and changes nothing about the repository: rolling back is one key", (t) => {
  const repository = { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" };
  const image = `ghcr.io/me/ping@${digest}`;
  const rolledBack = (given: Record<string, string>) =>
    read(t, { ...smallest, ...awsConfig, ...given, image }).config();
  const promoting = rolledBack({ registry: '{"ecr":{}}', imageFrom: "staging" });
  assert.deepEqual(
    [promoting.source, promoting.registry],
    [
      { kind: "stack", stack: "staging", image: { repository, digest } },
      { ecr: { repository: undefined, use: "pull" } },
    ],
  );
  const building = rolledBack({ registry: '{"ecr":{"protect":true}}' });
  assert.deepEqual(
    [building.source, building.registry],
    [{ kind: "pinned", repository, digest }, { ecr: { ...ecr, protect: true } }],
  );
});
