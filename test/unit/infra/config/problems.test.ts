import assert from "node:assert/strict";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { before, test } from "node:test";
import { Mocks } from "../../../support/mocks";
import { awsConfig } from "../../aws";
import { digest, project, read, refused, smallest } from "../../stack";

before(() => Mocks.start());

test("everything that is wrong is told at once", (t) => {
  const config = {
    port: "0",
    image: "",
    env: '{"1A":"x"}',
    registy: "{}",
    registry: "{}",
    cluster: "",
    platforms: "[]",
    app: "gone",
  };
  const { directory, config: parse } = read(t, config);
  assert.throws(parse, {
    message: [
      "the configuration of stack dev can't be used:",
      "  ping:platforms must name at least one platform; it is []",
      "  ping:cluster is missing: it must be a context of the kubeconfig, or an object with one of the keys context, eks, stack",
      '  ping:port must be a whole number from 1 to 65535; it is "0"',
      '  ping:env.1A must have a name of letters, digits and _ that starts with no digit; it is "x"',
      "  ping:registy is unknown: did you mean ping:registry?",
      "  ping:registry is missing: it must be host[:port]/path, or an object with the key ecr or url, unless image or imageFrom is set",
      `  ping:app must be a directory (looked at ${path.join(directory, "gone")}); it is "gone"`,
    ].join("\n"),
  });
});

test("a key that nobody knows is refused with the nearest one", (t) => {
  refused(t, { replica: "3" }, "replica is unknown: did you mean ping:replicas?");
  refused(
    t,
    { Port: "1", healthpath: "/" },
    "Port is unknown: did you mean ping:port?",
    "healthpath is unknown: did you mean ping:healthPath?",
  );
  refused(
    t,
    { registry: '{"url":"a.b/c","user":"x"}' },
    "registry.user is unknown: did you mean ping:registry.username?",
  );
  refused(
    t,
    { cluster: '{"context":"a","contxt":"a"}' },
    "cluster.contxt is unknown: did you mean ping:cluster.context?",
  );
  refused(t, { replicas: '{"minimum":1}' }, "replicas.minimum is unknown: did you mean ping:replicas.min?");
  refused(t, { resources: '{"request":{}}' }, "resources.request is unknown: did you mean ping:resources.requests?");
  refused(
    t,
    { resources: '{"limits":{"mem":"1"}}' },
    "resources.limits.mem is unknown: did you mean ping:resources.limits.memory?",
  );
});

test("a key that was set without --path is refused with the way to set it", (t) => {
  refused(
    t,
    { "replicas.min": "3" },
    "replicas.min is unknown: set a key inside replicas with pulumi config set --path replicas.min",
  );
  refused(
    t,
    { registry: '{"url":"a.b/c","ecr.repository":"x"}' },
    'registry["ecr.repository"] is unknown: set a key inside ecr with pulumi config set --path registry.ecr.repository',
  );
});

test("a missing key is named with what it must be", (t) => {
  refused(
    t,
    { cluster: '{"context":""}' },
    'cluster.context must be the name of a context in the kubeconfig; it is ""',
  );
  refused(
    t,
    { registry: '{"username":"a","password":"b"}' },
    "registry.url is missing: it must be a repository, as host[:port]/path without scheme, tag or digest, in lower case, with no slash at the end, unless registry.ecr is set",
  );
});

test("username and password come together", (t) => {
  const message = (key: string) =>
    `registry.${key} is missing: it must be set too: username and password come together`;
  refused(t, { registry: '{"url":"a.b/c","username":"me"}' }, message("password"));
  refused(t, { registry: '{"url":"a.b/c","password":"hush"}' }, message("username"));
});

test("a repository has neither scheme nor tag nor digest, nor upper case, a slash at its end or a port that can't be", (t) => {
  for (const url of [
    "https://ghcr.io/a",
    "ghcr.io/a:v1",
    `ghcr.io/a@${digest}`,
    "ping",
    "ghcr.io/Me/ping",
    "GHCR.io/me/ping",
    "ghcr.io/me/ping/",
    "h:99999/x",
    "1.2.3.999/x",
    "[::g]/x",
  ]) {
    const message = `registry.url must be a repository, as host[:port]/path without scheme, tag or digest, in lower case, with no slash at the end; it is "${url}"`;
    refused(t, { registry: JSON.stringify({ url }) }, message);
  }
});

test("an image by tag, or by digest without its repository, is refused, and told why", (t) => {
  for (const image of [
    "ghcr.io/a:v1",
    "ghcr.io/a",
    `ghcr.io/a:v1@${digest}`,
    "ghcr.io/a@sha256:12",
    digest,
    `@${digest}`,
  ]) {
    refused(
      t,
      { image },
      `image must be an image by digest, host[:port]/path@sha256:<64 hex digits>: a tag can move between two deployments; it is "${image}"`,
    );
  }
});

test("platforms are a list out of a known set, each once", (t) => {
  const known = "linux/amd64, linux/arm64, linux/arm, linux/386, linux/ppc64le, linux/riscv64, linux/s390x";
  refused(
    t,
    { platforms: '["linux/amd64","linux/amd46"]' },
    `platforms[1] must be one of ${known}; it is "linux/amd46"`,
  );
  refused(t, { platforms: "linux/amd64" }, 'platforms must be a list of platforms; it is "linux/amd64"');
  refused(
    t,
    { platforms: '["linux/arm64","linux/arm64"]' },
    'platforms must name each platform once; it is ["linux/arm64","linux/arm64"]',
  );
});

test("a port is a whole number in its range", (t) => {
  for (const port of ["0", "65536", "-1", "80.5", "http", "0x50", " 80", "99999999999999999999"]) {
    refused(t, { port }, `port must be a whole number from 1 to 65535; it is "${port}"`);
  }
  for (const port of ["1", "65535"]) {
    assert.equal(read(t, { ...smallest, port }).config().service.port, Number(port));
  }
});

test("a progress deadline leaves a pod time to start, and ends", (t) => {
  for (const progressDeadline of ["19", "3601", "30s", "-1", "20.5"]) {
    const message = "progressDeadline must be a whole number of seconds from 20 to 3600";
    refused(t, { progressDeadline }, `${message}; it is "${progressDeadline}"`);
  }
});

test("the health path starts with / and has no space in it", (t) => {
  for (const healthPath of ["health", "http://x/health", "/a b"]) {
    refused(t, { healthPath }, `healthPath must be a path that starts with /; it is "${healthPath}"`);
  }
});

test("what the probes ask is one path, two, or a service over gRPC", (t) => {
  refused(t, { livenessPath: "livez" }, 'livenessPath must be a path that starts with /; it is "livez"');
  refused(t, { grpcHealth: "shop" }, 'grpcHealth must be an object with the keys service; it is "shop"');
  refused(t, { grpcHealth: '{"servce":"a"}' }, "grpcHealth.servce is unknown: did you mean ping:grpcHealth.service?");
  for (const service of ["", "a b", 5]) {
    refused(
      t,
      { grpcHealth: JSON.stringify({ service }) },
      `grpcHealth.service must be the name of a gRPC service, such as shop.v1.Orders; it is ${JSON.stringify(service)}`,
    );
  }
  const both = { grpcHealth: "{}", healthPath: "/healthz", livenessPath: "/livez" };
  refused(
    t,
    both,
    'healthPath must be left out if grpcHealth is set; it is "/healthz"',
    'livenessPath must be left out if grpcHealth is set; it is "/livez"',
  );
});

test("a start deadline is a number of seconds below the progress deadline", (t) => {
  for (const startDeadline of ["0", "-1", "1.5", "30s", "3601"]) {
    const message = "startDeadline must be a whole number of seconds from 1 on";
    refused(t, { startDeadline }, `${message}; it is "${startDeadline}"`);
  }
  refused(t, { startDeadline: "120" }, 'startDeadline must be below progressDeadline, 120; it is "120"');
  refused(
    t,
    { progressDeadline: "30", startDeadline: "31" },
    'startDeadline must be below progressDeadline, 30; it is "31"',
  );
});

test("arguments are a list of strings", (t) => {
  refused(t, { args: "serve" }, 'args must be a list of strings; it is "serve"');
  refused(
    t,
    { args: '["serve",1.1,null,["x"]]' },
    "args[1] must be a string (in quotes if YAML reads something else); it is 1.1",
    "args[2] must be a string (in quotes if YAML reads something else); it is null",
    'args[3] must be a string (in quotes if YAML reads something else); it is ["x"]',
  );
});

test("a base is an image as in a FROM line, and comes from an image with a host; no digest is in either", (t) => {
  const place = "must be an image as host[:port]/path[:tag], without a digest";
  const name = "must have the name of an image as in a FROM line, without a digest";
  const bases = { "golang:1.26": "golang:1.26", debian: 7, alpine: `a.b/c@${digest}`, "Not/One": "a.b/c", "": "a.b/c" };
  refused(
    t,
    { bases: JSON.stringify({ ...bases, [`busybox@${digest}`]: "a.b/c" }) },
    `bases["golang:1.26"] ${place}; it is "golang:1.26"`,
    `bases.debian ${place}; it is 7`,
    `bases.alpine ${place}; it is "a.b/c@${digest}"`,
    `bases["Not/One"] ${name}; it is "a.b/c"`,
    `bases[""] ${name}; it is "a.b/c"`,
    `bases["busybox@${digest}"] ${name}; it is "a.b/c"`,
  );
  refused(t, { bases: "golang" }, 'bases must be an object of images and where they come from; it is "golang"');
});

test("environment variables have names of the shell's kind and values that are what was written", (t) => {
  refused(
    t,
    { env: '{"A-B":"x","C":1.1,"D":null,"E":{"F":"x"},"G":12345678901234567890}' },
    'env.A-B must have a name of letters, digits and _ that starts with no digit; it is "x"',
    "env.C must be a string (in quotes if YAML reads something else); it is 1.1",
    "env.D must be a string (in quotes if YAML reads something else); it is null",
    'env.E must be a string (in quotes if YAML reads something else); it is {"F":"x"}',
    "env.G must be a string (in quotes if YAML reads something else); it is 12345678901234567000",
  );
  refused(t, { env: "A=b" }, 'env must be an object of names and values; it is "A=b"');
});

test("PORT can't contradict port", (t) => {
  refused(t, { env: '{"PORT":"9090"}' }, 'env.PORT must be left out: the program sets it to port, 8080; it is "9090"');
});

test("replicas are at least one, and max at least min", (t) => {
  refused(t, { replicas: '{"min":0}' }, "replicas.min must be a whole number from 1 on; it is 0");
  refused(
    t,
    { replicas: '{"min":1.5,"max":"many"}' },
    "replicas.min must be a whole number from 1 on; it is 1.5",
    'replicas.max must be a whole number from 1 on; it is "many"',
  );
  refused(t, { replicas: '{"min":3,"max":2}' }, "replicas.max must be at least replicas.min, 3; it is 2");
  refused(t, { replicas: '{"min":11}' }, "replicas.max is missing: it must be at least replicas.min, 11");
  refused(t, { replicas: "3" }, 'replicas must be an object with the keys min, max; it is "3"');
});

test("resources are quantities, and limits at least the requests", (t) => {
  refused(
    t,
    { resources: '{"requests":{"cpu":"one","memory":"400m"},"limits":{"memory":"64 MB","ephemeral-storage":0}}' },
    'resources.requests.cpu must be a CPU quantity such as 250m or 1; it is "one"',
    'resources.requests.memory must be a number of bytes such as 64Mi; it is "400m"',
    'resources.limits.memory must be a number of bytes such as 64Mi; it is "64 MB"',
    "resources.limits.ephemeral-storage must be a number of bytes such as 64Mi; it is 0",
  );
  refused(
    t,
    { resources: '{"requests":{"memory":"1Gi"},"limits":{"memory":"1000Mi"}}' },
    'resources.limits.memory must be at least resources.requests.memory, 1Gi; it is "1000Mi"',
  );
});

test("a quota bounds pods, CPU, memory and storage, all of them, and objects if it says so", (t) => {
  refused(
    t,
    { quota: '{"pods":0,"cpu":"all","memory":"400m","objects":1.5}' },
    "quota.pods must be a whole number from 1 on; it is 0",
    'quota.cpu must be a CPU quantity such as 250m or 1; it is "all"',
    'quota.memory must be a number of bytes such as 64Mi; it is "400m"',
    "quota.ephemeral-storage is missing: it must be a number of bytes such as 64Mi",
    "quota.objects must be a whole number from 1 on; it is 1.5",
  );
});

test("egress is a list of networks, each with TCP ports or all", (t) => {
  const network =
    "be a network in CIDR notation with no bits set behind its prefix, such as 10.0.0.0/8, 192.0.2.7/32 or 2001:db8::/32";
  refused(
    t,
    {
      egress:
        '[{"cidr":"10.0.0.1/8"},{"cidr":"db.example.com","ports":[0,"https"]},{"ports":[]},{"cidr":"::/0","port":5432}]',
    },
    `egress[0].cidr must ${network}; it is "10.0.0.1/8"`,
    `egress[1].cidr must ${network}; it is "db.example.com"`,
    "egress[1].ports[0] must be a whole number from 1 to 65535; it is 0",
    'egress[1].ports[1] must be a whole number from 1 to 65535; it is "https"',
    `egress[2].cidr is missing: it must ${network}`,
    "egress[2].ports must name at least one port; without ports, every port is allowed; it is []",
    "egress[3].port is unknown: did you mean ping:egress[3].ports?",
  );
  refused(
    t,
    { egress: "10.0.0.0/8" },
    'egress must be a list of objects with the keys cidr, ports; it is "10.0.0.0/8"',
  );
  refused(t, { egress: '["10.0.0.0/8"]' }, 'egress[0] must be an object with the keys cidr, ports; it is "10.0.0.0/8"');
  refused(t, { egress: '[{"cidr":"::/0","ports":443}]' }, "egress[0].ports must be a list of TCP ports; it is 443");
});

test("an app directory or Dockerfile that isn't there is named with the path looked at", (t) => {
  const fails = (
    files: Record<string, string>,
    config: Record<string, string>,
    problem: (directory: string) => string,
  ) => {
    const { directory, config: parse } = read(t, { ...smallest, ...config }, [], files);
    assert.throws(parse, { message: `the configuration of stack dev can't be used:\n  ping:${problem(directory)}` });
  };
  fails({}, { app: "./gone" }, (directory) => `app must be a directory (looked at ${directory}/gone); it is "./gone"`);
  fails(
    { app: "a file" },
    { app: "app" },
    (directory) => `app must be a directory (looked at ${directory}/app); it is "app"`,
  );
  fails(
    { "app/go.mod": "" },
    { app: "app" },
    (directory) => `app must have a Dockerfile (looked at ${directory}/app/Dockerfile); it is "app"`,
  );
  fails(
    project,
    { dockerfile: "x/y" },
    (directory) => `dockerfile must be a file (looked at ${directory}/x/y); it is "x/y"`,
  );
  fails(
    project,
    { dockerfile: "app" },
    (directory) => `dockerfile must be a file (looked at ${directory}/app); it is "app"`,
  );
});

const withEcr = { ...smallest, ...awsConfig, registry: '{"ecr":{}}' };

test("a build's arguments, secrets, SSH ids and target are texts that a Dockerfile can have", (t) => {
  const build = (value: unknown, ...problems: string[]) => refused(t, { build: JSON.stringify(value) }, ...problems);
  const filled = "must be a text that isn't empty (in quotes if YAML reads something else)";
  const own = "must be left out: the program sets SOURCE_DATE_EPOCH, BUILDKIT_MULTI_PLATFORM";
  build(
    { args: { A: "", B: 1.1, C: [] } },
    ...["A", "B", "C"].map((name, index) => {
      return `build.args.${name} ${filled}; it is ${['""', "1.1", "[]"][index] ?? ""}`;
    }),
  );
  build(
    { args: { SOURCE_DATE_EPOCH: "1", BUILDKIT_MULTI_PLATFORM: "0", "1A": "x", "A-B": "x" } },
    `build.args.SOURCE_DATE_EPOCH ${own}; it is "1"`,
    `build.args.BUILDKIT_MULTI_PLATFORM ${own}; it is "0"`,
    'build.args.1A must have a name of letters, digits and _ that starts with no digit; it is "x"',
    'build.args.A-B must have a name of letters, digits and _ that starts with no digit; it is "x"',
  );
  build({ args: "A=1" }, 'build.args must be an object of names and texts; it is "A=1"');
  build({ secrets: { token: "" } }, `build.secrets.token ${filled}; it is [secret]`);
  build(
    { secrets: { "a.b": "hush" } },
    'build.secrets["a.b"] must have an id of letters, digits, _ and -; it is [secret]',
  );
  build({ ssh: true }, 'build.ssh must be a list of ids of RUN --mount=type=ssh, such as ["default"]; it is true');
  build({ ssh: ["a=b"] }, 'build.ssh[0] must be an id of letters, digits, _ and -, such as default; it is "a=b"');
  build({ target: "a b" }, 'build.target must be the name of a stage in the Dockerfile; it is "a b"');
  const name = "must have a name as in FROM or COPY --from, other than scratch and context";
  build(
    { contexts: { Shared: ".", scratch: ".", context: "." } },
    ...["Shared", "scratch", "context"].map((key) => `build.contexts.${key} ${name}; it is "."`),
  );
  const missing = "/not/there";
  build(
    { contexts: { a: missing, b: "oci-layout://./x", c: 1 } },
    `build.contexts.a must be a directory (looked at ${missing}) or an image, such as ./shared or docker-image://alpine:3; it is "${missing}"`,
    `build.contexts.b must be a directory or an image, such as ./shared or docker-image://alpine:3; it is "oci-layout://./x"`,
    "build.contexts.c must be a directory or an image, such as ./shared or docker-image://alpine:3; it is 1",
  );
  build(
    { contexts: "./shared" },
    'build.contexts must be an object of names and their directories or images; it is "./shared"',
  );
  build({ arg: {} }, "build.arg is unknown: did you mean ping:build.args?");
  refused(
    t,
    { build: "args" },
    "build must be an object with the keys args, secrets, ssh, contexts, target; it is [secret]",
  );
});

test("a build's secret in plain text is refused with the command that encrypts it", (t) => {
  const build = '{"secrets":{"netrc":"hush","token":"hush"}}';
  refused(
    t,
    { build },
    "build.secrets.netrc must be encrypted: pulumi config set --secret --path build.secrets.netrc; it is [secret]",
    "build.secrets.token must be encrypted: pulumi config set --secret --path build.secrets.token; it is [secret]",
  );
  assert.doesNotThrow(read(t, { ...smallest, build }, ["build"]).config);
  assert.doesNotThrow(read(t, { ...smallest, build: '{"args":{"A":"1"},"secrets":{}}' }).config);
});

test("registry is in ECR or elsewhere, one of both", (t) => {
  const both = '{"ecr":{},"url":"a.b/c","username":"me","password":"x"}';
  refused(
    t,
    { ...awsConfig, registry: both },
    'registry.url must be left out if registry.ecr is set; it is "a.b/c"',
    'registry.username must be left out if registry.ecr is set; it is "me"',
    "registry.password must be left out if registry.ecr is set; it is [secret]",
  );
  const url =
    "a repository, as host[:port]/path without scheme, tag or digest, in lower case, with no slash at the end, unless registry.ecr is set";
  refused(t, { registry: '{"username":"me","password":"x"}' }, `registry.url is missing: it must be ${url}`);
  refused(
    t,
    { registry: "" },
    "registry is missing: it must be host[:port]/path, or an object with the key ecr or url, unless image or imageFrom is set",
  );
});

const madeByDefault = { use: "make", protect: false, forceDelete: false, expireAfter: undefined, pullAccounts: [] };

test("images expire after whole days, at least one", (t) => {
  const registry = (expireAfter: unknown) => JSON.stringify({ ecr: { repository: "ping", expireAfter } });
  for (const bad of [0, -1, 1.5, "0", "30d", true, null]) {
    refused(
      t,
      { ...awsConfig, registry: registry(bad) },
      `registry.ecr.expireAfter must be a whole number of days from 1 on; it is ${JSON.stringify(bad)}`,
    );
  }
  for (const [good, expireAfter] of [
    [1, 1],
    ["30", 30],
    [3650, 3650],
  ]) {
    const config = read(t, { ...withEcr, registry: registry(good) }).config();
    assert.deepEqual(config.registry, { ecr: { ...madeByDefault, repository: "ping", expireAfter } });
  }
});

test("a repository's name is one that ECR allows", (t) => {
  const allowed = "a name of 2 to 256 characters: lower case letters and digits, with a single . _ - or / between them";
  for (const repository of ["p", "Ping", "a__b", "-ping", "ping/", "a//b", `p${"i".repeat(256)}`, ""]) {
    const registry = JSON.stringify({ ecr: { repository } });
    refused(t, { ...awsConfig, registry }, `registry.ecr.repository must be ${allowed}; it is "${repository}"`);
  }
  for (const repository of ["pi", "team/ping", "a.b-c_d/e9", "p".repeat(256)]) {
    const config = read(t, { ...withEcr, registry: JSON.stringify({ ecr: { repository } }) }).config();
    assert.deepEqual(config.registry, { ecr: { ...madeByDefault, repository } });
  }
});

test("a name is a DNS label that leaves room for the stack's", (t) => {
  for (const bad of ["Shop", "1shop", "shop-", "my_shop", "my.shop", "s".repeat(64)]) {
    const must = "name must be a DNS label: up to 63 letters a-z, digits and -, first a letter, last no -";
    refused(t, { name: bad }, `${must}; it is "${bad}"`);
  }
  const long = "s".repeat(60);
  const must = "name must have at most 59 characters, so that <name>-<stack> can be a namespace's name";
  refused(t, { name: long }, `${must}; it is "${long}"`);
  for (const name of ["s", "shop-2", "s".repeat(59)]) {
    assert.equal(read(t, { ...smallest, name }).config().name, name);
  }
});

test("a stack's name that leaves no room for a name is told, with the length that would", async (t) => {
  const stack = "s".repeat(72);
  await Mocks.start({ stack });
  t.after(() => Mocks.start());
  assert.throws(read(t, { ...smallest, name: "shop" }).config, {
    message: `the configuration of stack ${stack} can't be used:\n  ping:name must be left out, or the stack's name shortened from 72 to at most 58 characters, so that <name>-<stack> can be a namespace's name; it is "shop"`,
  });
  assert.equal(read(t, smallest).config().name, "ping");
});

test("a migration has arguments, and metrics have a path and perhaps a port", (t) => {
  const refusals: [string, string, string][] = [
    [
      "migrate",
      '{"arg":[]}',
      "migrate.args is missing: it must be a list of strings\nmigrate.arg is unknown: did you mean ping:migrate.args?",
    ],
    ["onClose", '{"args":[]}', "onClose.args must name at least one argument; it is []"],
    ["onClose", "drop", 'onClose must be an object with the keys args; it is "drop"'],
    ["migrate", '{"args":[]}', "migrate.args must name at least one argument; it is []"],
    ["migrate", '{"args":"migrate"}', 'migrate.args must be a list of strings; it is "migrate"'],
    [
      "migrate",
      '{"args":["up",1.5]}',
      "migrate.args[1] must be a string (in quotes if YAML reads something else); it is 1.5",
    ],
    ["migrate", "migrate", 'migrate must be an object with the keys args; it is "migrate"'],
    ["metrics", '{"port":80}', "metrics.path is missing: it must be a path that starts with /"],
    ["metrics", '{"path":"metrics"}', 'metrics.path must be a path that starts with /; it is "metrics"'],
    ["metrics", '{"path":"/","port":0}', "metrics.port must be a whole number from 1 to 65535; it is 0"],
    ["metrics", "/metrics", 'metrics must be an object with the keys path, port; it is "/metrics"'],
  ];
  for (const [key, value, problems] of refusals) {
    refused(t, { [key]: value }, ...problems.split("\n"));
  }
});

test("expose has a host, one of a Gateway and an IngressClass, and perhaps where connections come from", (t) => {
  const host =
    "the name of a host in lower case, such as ping.example.com or {stack}.example.com, and {stack} its only placeholder";
  const gateway = { name: "public", namespace: "traefik" };
  const refusals: [object, ...string[]][] = [
    [{ host: "ping.example.com" }, "expose must have one of the keys gateway, ingress; it is"],
    [
      { host: "ping.example.com", gateway, ingress: { class: "a" } },
      'expose.ingress must be left out if expose.gateway is set; it is {"class":"a"}',
    ],
    [{ gateway }, `expose.host is missing: it must be ${host}`],
    [
      { host: "a.example", gateway: { name: "public" } },
      "expose.gateway.namespace is missing: it must be the name of a namespace",
    ],
    [
      { host: "a.example", gateway: { ...gateway, name: "a/b" } },
      'expose.gateway.name must be the name of a Gateway; it is "a/b"',
    ],
    [{ host: "a.example", ingress: {} }, "expose.ingress.class is missing: it must be the name of an IngressClass"],
    [
      { host: "a.example", ingress: { class: "a", annotations: { b: 1.5 } } },
      "expose.ingress.annotations.b must be a string (in quotes if YAML reads something else); it is 1.5",
    ],
    [{ host: "a.example", gateway, from: [] }, "expose.from must name at least one namespace or network; it is []"],
    [
      { host: "a.example", gateway, from: ["10.0.0.1/8"] },
      'expose.from[0] must be the name of a namespace, or a network in CIDR notation such as 10.0.0.0/8; it is "10.0.0.1/8"',
    ],
    [{ host: "a.example", way: 1, gateway }, "expose.way is unknown: did you mean ping:expose.gateway?"],
  ];
  for (const [value, ...problems] of refusals) {
    const shown = problems.map((line) => (line.endsWith("it is") ? `${line} ${JSON.stringify(value)}` : line));
    refused(t, { expose: JSON.stringify(value) }, ...shown);
  }
  for (const bad of [
    "example",
    "Ping.example.com",
    "*.example.com",
    "10.0.0.1",
    "a_b.example",
    "https://a.example",
    `${"a".repeat(64)}.b`,
    "{stack}",
    "-{stack}.example.com",
    "{branch}.example.com",
    "{stack}.{branch}.example.com",
    "{{stack}}.example.com",
    "{Stack}.example.com",
    "{stack.example.com",
    "${stack}.example.com",
    "*.{stack}.example.com",
  ]) {
    const value = JSON.stringify({ host: bad, gateway });
    refused(t, { expose: value }, `expose.host must be ${host}; it is "${bad}"`);
  }
});

test("a host with {stack} is refused in a stack whose name makes no host of it, and in no other", async (t) => {
  t.after(() => Mocks.start());
  const given = (host: string) => ({ ...smallest, expose: JSON.stringify({ host, ingress: { class: "a" } }) });
  const label = (length: number) => "s".repeat(length);
  const longest = `${"a.".repeat(119)}{stack}.example`;
  for (const [stack, host, made] of [
    ["Feature", "{stack}.example.com", "Feature.example.com"],
    ["feature_1", "{stack}.example.com", "feature_1.example.com"],
    ["feature.1", "{stack}.example.com", "feature.1.example.com"],
    ["feature-", "{stack}.example.com", "feature-.example.com"],
    ["1", "ping.{stack}", "ping.1"],
    [label(61), "pr-{stack}.example.com", `pr-${label(61)}.example.com`],
    [label(64), "{stack}.example.com", `${label(64)}.example.com`],
    ["eight-ch", longest, longest.replace("{stack}", "eight-ch")],
  ] as const) {
    await Mocks.start({ stack });
    const must =
      `be written without {stack}, or the stack renamed: ${made} isn't the name of a host with the stack's name in one label, ` +
      "which has up to 63 letters a-z, digits and -";
    assert.throws(read(t, given(host)).config, {
      message: `the configuration of stack ${stack} can't be used:\n  ping:expose.host must ${must}; it is "${host}"`,
    });
    assert.equal(read(t, given("ping.example.com")).config().expose?.host, "ping.example.com");
  }
  for (const [stack, host, made] of [
    ["pr-12", "{stack}.preview.example.com", "pr-12.preview.example.com"],
    ["pr-12", "ping-{stack}-eu.example.com", "ping-pr-12-eu.example.com"],
    ["pr-12", "{stack}.{stack}.example.com", "pr-12.pr-12.example.com"],
    ["feature-", "{stack}1.example.com", "feature-1.example.com"],
    [label(60), "pr-{stack}.example.com", `pr-${label(60)}.example.com`],
    ["seven-c", longest, longest.replace("{stack}", "seven-c")],
  ] as const) {
    await Mocks.start({ stack });
    assert.equal(read(t, given(host)).config().expose?.host, made);
  }
});

test("a name that ECR doesn't allow needs another one in its place", async (t) => {
  await pulumi.runtime.setMocks(await Mocks.start(), "Ping", "dev", false);
  t.after(() => Mocks.start());
  const config = read(t, {});
  const given = { ...awsConfig, "Ping:registry": '{"ecr":{}}', "Ping:cluster": '{"context":"a"}' };
  pulumi.runtime.setAllConfig(given);
  assert.throws(config.config, {
    message:
      "the configuration of stack dev can't be used:\n  Ping:registry.ecr.repository is missing: it must be a name that " +
      "ECR allows, because the service's name, Ping, isn't allowed",
  });
  const must = "be a name that ECR allows, because the service's name, a--b, isn't allowed";
  pulumi.runtime.setAllConfig({ ...given, "Ping:name": "a--b" });
  assert.throws(config.config, {
    message: `the configuration of stack dev can't be used:\n  Ping:registry.ecr.repository is missing: it must ${must}`,
  });
});

test("keys that decide about a repository are left out if the stack makes none", (t) => {
  const adopted = "be left out if registry.ecr.adopt is true: whoever made the repository decides; it is true";
  refused(
    t,
    {
      ...awsConfig,
      registry: `{"ecr":{"adopt":true,"protect":true,"forceDelete":true,"expireAfter":30,"pullAccounts":["444455556666"]}}`,
    },
    `registry.ecr.protect must ${adopted}`,
    `registry.ecr.forceDelete must ${adopted}`,
    `registry.ecr.expireAfter must ${adopted.replace("it is true", "it is 30")}`,
    `registry.ecr.pullAccounts must ${adopted.replace("it is true", "it is [secret]")}`,
  );
  const registry = '{"ecr":{"protect":true,"expireAfter":30,"pullAccounts":["444455556666"]}}';
  refused(
    t,
    { ...awsConfig, registry, imageFrom: "staging" },
    "registry.ecr.protect must be left out if imageFrom is set: the other stack decides about its repository; it is true",
    "registry.ecr.expireAfter must be left out if imageFrom is set: the other stack decides about its repository; it is 30",
    "registry.ecr.pullAccounts must be left out if imageFrom is set: the other stack decides about its repository; it is [secret]",
  );
  refused(t, { ...awsConfig, registry: '{"ecr":{"adopt":1}}' }, "registry.ecr.adopt must be true or false; it is 1");
});

test("what can't be a region is refused, and a region that AWS opens tomorrow isn't", (t) => {
  refused(
    t,
    { ...withEcr, "aws:region": "Frankfurt" },
    'aws:region must be a region of AWS such as eu-central-1; it is "Frankfurt"',
  );
  for (const region of ["us-gov-east-1", "eusc-de-east-1", "us-isob-west-1", "mx-central-12"]) {
    assert.equal(read(t, { ...smallest, ...withEcr, "aws:region": region }).config().aws?.region, region);
  }
  const { "aws:region": _, ...rest } = withEcr;
  refused(t, rest, "aws:region is missing: it must be a region of AWS such as eu-central-1");
});

test("accounts are numbers of twelve digits, at least one, kept as text", (t) => {
  const accounts = (value: string, ...problems: string[]) =>
    refused(
      t,
      { ...withEcr, "aws:allowedAccountIds": value },
      ...problems.map((line) => `aws:allowedAccountIds${line}`),
    );
  const number = "must be an account number of AWS: 12 digits, in quotes";
  accounts('["11112222333"]', `[0] ${number}; it is "11112222333"`);
  accounts('["111122223333","1111-2222-3333"]', `[1] ${number}; it is "1111-2222-3333"`);
  accounts("[111122223333]", `[0] ${number}; it is 111122223333`);
  accounts("[]", " must name at least one account; it is []");
  accounts("111122223333", ' must be a list of account numbers of AWS, such as ["111122223333"]; it is "111122223333"');
  const { "aws:allowedAccountIds": _, ...rest } = withEcr;
  refused(
    t,
    rest,
    'aws:allowedAccountIds is missing: it must be a list of account numbers of AWS, such as ["111122223333"]',
  );
});

test("accounts that may pull are numbers of twelve digits, each once, kept as text", (t) => {
  const pull = (pullAccounts: unknown, ...problems: string[]) => {
    const registry = JSON.stringify({ ecr: { pullAccounts } });
    refused(t, { ...withEcr, registry }, ...problems.map((line) => `registry.ecr.pullAccounts${line}`));
  };
  const number = "must be an account number of AWS: 12 digits, in quotes";
  pull([444455556666], `[0] ${number}; it is 444455556666`);
  pull(["444455556666", "arn:aws:iam::111122223333:root"], `[1] ${number}; it is "arn:aws:iam::111122223333:root"`);
  pull("444455556666", ' must be a list of account numbers of AWS, such as ["111122223333"]; it is "444455556666"');
  pull(["444455556666", "444455556666"], " must name each account once; it is [secret]");
  for (const [registry, pullAccounts] of [
    ['{"ecr":{"repository":"ping"}}', []],
    ['{"ecr":{"repository":"ping","pullAccounts":[]}}', []],
    ['{"ecr":{"repository":"ping","pullAccounts":["012345678901"]}}', ["012345678901"]],
  ] as const) {
    const config = read(t, { ...withEcr, registry }).config();
    assert.deepEqual(config.registry, { ecr: { ...madeByDefault, repository: "ping", pullAccounts } });
  }
});

test("the pods' role is one of EKS, with policies of IAM, each once", (t) => {
  const policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"];
  const given = JSON.stringify({ policies });
  refused(t, { podRole: given }, `podRole must be left out unless cluster.eks is set; it is ${given}`);
  const eks = { ...smallest, ...awsConfig, cluster: '{"eks":{"name":"main"}}' };
  const podRole = (value: unknown, ...problems: string[]) =>
    refused(t, { ...eks, podRole: JSON.stringify(value) }, ...problems.map((line) => `podRole${line}`));
  const arn = "must be the ARN of an IAM policy, arn:aws:iam::<aws or 12 digits>:policy/<name>";
  for (const bad of ["AmazonS3ReadOnlyAccess", "arn:aws:iam::1:policy/x", "arn:aws:iam::111122223333:role/x", 7]) {
    podRole({ policies: [...policies, bad] }, `.policies[1] ${arn}; it is ${JSON.stringify(bad)}`);
  }
  podRole({ policies: policies[0] }, `.policies must be a list of ARNs of IAM policies; it is "${String(policies)}"`);
  podRole({ policies: [] }, ".policies must name at least one policy; it is []");
  podRole(
    { policies: [...policies, ...policies] },
    `.policies must name each policy once; it is ${JSON.stringify([...policies, ...policies])}`,
  );
  podRole(
    { policy: policies },
    ".policies is missing: it must be a list of ARNs of IAM policies",
    ".policy is unknown: did you mean ping:podRole.policies?",
  );
  for (const good of [policies, ["arn:aws-us-gov:iam::111122223333:policy/team/a+b=c,d.e@f_g-h", ...policies]]) {
    const config = read(t, { ...eks, podRole: JSON.stringify({ policies: good }) }).config();
    assert.deepEqual(config.podRole, { policies: good });
  }
  assert.equal(read(t, eks).config().podRole, undefined);
});

test("EKS needs the provider's keys too", (t) => {
  refused(
    t,
    { cluster: '{"eks":{"name":"main"}}' },
    "aws:region is missing: it must be a region of AWS such as eu-central-1",
    'aws:allowedAccountIds is missing: it must be a list of account numbers of AWS, such as ["111122223333"]',
  );
});

test("a cluster is one out of three kinds", (t) => {
  const cluster = (value: string, ...problems: string[]) => refused(t, { ...awsConfig, cluster: value }, ...problems);
  cluster(
    '{"context":"a","eks":{"name":"b"},"stack":"c"}',
    'cluster.eks must be left out if cluster.context is set; it is {"name":"b"}',
    'cluster.stack must be left out if cluster.context is set; it is "c"',
  );
  cluster(
    "{}",
    "cluster is missing: it must be a context of the kubeconfig, or an object with one of the keys context, eks, stack",
  );
  cluster(
    "[]",
    "cluster must be a context of the kubeconfig, or an object with one of the keys context, eks, stack; it is []",
  );
  cluster(
    '{"eks":{"name":"-a","role":"deployer"}}',
    'cluster.eks.name must be the name of an EKS cluster: up to 100 letters, digits, - and _; it is "-a"',
    'cluster.eks.role must be the ARN of an IAM role, arn:aws:iam::<12 digits>:role/<name>; it is "deployer"',
  );
  cluster('{"eks":{"name":"a","rol":"b"}}', "cluster.eks.rol is unknown: did you mean ping:cluster.eks.role?");
  cluster('{"stack":"a b"}', 'cluster.stack must be the name of a stack, [[organization/]project/]stack; it is "a b"');
});

test("a text is a registry or a context, and what is wrong with it is said of the key that was set", (t) => {
  refused(
    t,
    { registry: "https://ghcr.io/a" },
    'registry must be a repository, as host[:port]/path without scheme, tag or digest, in lower case, with no slash at the end; it is "https://ghcr.io/a"',
  );
  refused(
    t,
    { registry: "ghcr.io/a", github: '{"repository":"me/ping"}' },
    'github must be left out unless registry.ecr is set; it is {"repository":"me/ping"}',
  );
});

test("an image is another stack's, never this one's own", (t) => {
  refused(t, { imageFrom: "dev" }, 'imageFrom must name another stack; it is "dev"');
  refused(
    t,
    { imageFrom: "a/b/c/d" },
    'imageFrom must be the name of a stack, [[organization/]project/]stack; it is "a/b/c/d"',
  );
});

test("GitHub's roles are those of a stack with ECR, for a repository that GitHub allows", (t) => {
  refused(
    t,
    { github: '{"repository":"me/ping"}' },
    'github must be left out unless registry.ecr is set; it is {"repository":"me/ping"}',
  );
  const github = (value: object, ...problems: string[]) =>
    refused(t, { ...withEcr, github: JSON.stringify(value) }, ...problems.map((line) => `github.${line}`));
  const form = "a GitHub repository, owner/name or, with both ids, owner@1234/name@5678";
  for (const repository of [
    "ping",
    "me/ping/x",
    "https://github.com/me/ping",
    "me/*",
    "me@1/ping",
    "me/ping@2",
    "me@1/ping@",
    "me@x/ping@y",
    "me@1/ping@2/x",
  ]) {
    github({ repository }, `repository must be ${form}; it is "${repository}"`);
  }
  github(
    { repository: "me/ping", byName: true },
    "byName must be left out unless github.repository has ids: without them, tokens are trusted by name anyway; it is true",
  );
  for (const workflow of ["deploy.yml", "@main", "deploy@main", "a/deploy.yml@main", "*.yml@main", "deploy.yml@rel*"]) {
    github(
      { repository: "me/ping", workflow },
      `workflow must be a file of .github/workflows and its branch, such as deploy.yml@main; it is "${workflow}"`,
    );
  }
  github(
    { repository: "me/ping", previewEnvironments: [] },
    "previewEnvironments must name at least one GitHub environment; it is []",
  );
  github(
    { repository: "me/ping", previewEnvironments: ["pre view"] },
    'previewEnvironments[0] must be the name of a GitHub environment: letters, digits, . - and _; it is "pre view"',
  );
  for (const [clean, problem] of [
    [true, "must be an object with the keys environments, workflow; it is true"],
    [{ environments: [] }, ".environments must name at least one GitHub environment; it is []"],
    [
      { workflow: "clean.yml" },
      '.workflow must be a file of .github/workflows and its branch, such as deploy.yml@main; it is "clean.yml"',
    ],
    [{ workflows: "clean.yml@main" }, ".workflows is unknown: did you mean ping:github.clean.workflow?"],
  ] as const) {
    github({ repository: "me/ping", clean }, `clean${problem.startsWith(".") ? "" : " "}${problem}`);
  }
  const cleaning = { github: '{"repository":"me/ping","clean":{}}' };
  for (const elsewhere of [{ registry: '{"ecr":{"adopt":true}}' }, { imageFrom: "staging" }]) {
    refused(
      t,
      { ...withEcr, ...elsewhere, ...cleaning },
      "github.clean must be left out unless the stack makes the repository: it excludes imageFrom and registry.ecr.adopt; it is {}",
    );
  }
  github({ repository: "me/ping", branch: "rel*" }, 'branch must be the name of a branch; it is "rel*"');
  github(
    { repository: "me/ping", environments: ["*"] },
    'environments[0] must be the name of a GitHub environment: letters, digits, . - and _; it is "*"',
  );
  github(
    { repo: "me/ping" },
    `repository is missing: it must be ${form}`,
    "repo is unknown: did you mean ping:github.repository?",
  );
});

test("no message shows a secret", (t) => {
  const message = (config: Record<string, string>, secrets: string[]) => {
    try {
      read(t, { ...smallest, ...config }, secrets).config();
    } catch (error) {
      return String(error);
    }
    return assert.fail("the config is fine");
  };
  const shown = [
    message({ registry: '{"url":"a.b/c","username":"me","password":{"hush":1}}' }, []),
    message({ registry: '["hush"]' }, []),
    message({ registry: "hush" }, ["registry"]),
    message({ registry: '{"url":"a.b/c","username":{"hush":1},"password":"x"}' }, ["registry"]),
    message({ registry: '{"url":"https://me:hush@a.b/c"}' }, []),
    message({ registry: '{"url":"a.b/c","passwrd":"hush"}' }, []),
    message({ env: '{"TOKEN":{"hush":1}}' }, ["env"]),
    message({ tokn: "hush" }, ["tokn"]),
    message({ build: '{"secrets":{"netrc":"hush","a.b":"hush"}}' }, []),
    message({ build: '{"secrets":"hush"}' }, []),
    message({ build: '["hush"]' }, []),
    message({ build: '{"args":{"A-B":"hush"}}' }, ["build"]),
  ];
  for (const text of shown) {
    assert.match(text, /ping:/);
    assert.doesNotMatch(text, /hush/);
  }
  assert.match(shown[4] ?? "", /it is "https:\/\/\[secret\]@a\.b\/c"/);
  assert.match(shown[6] ?? "", /ping:env\.TOKEN must be a string .*; it is \[secret\]/);
});
