import assert from "node:assert/strict";
import { before, test, type TestContext } from "node:test";
import { Mocks } from "../../../support/mocks";
import { awsConfig } from "../../aws";
import { project, read, smallest } from "../../stack";

before(() => Mocks.start());

/** Asserts that a stack's config is refused with exactly these problems. */
function refusedFile(t: TestContext, stackFile: string, given: Record<string, string>, ...problems: string[]) {
  const files = { ...project, "Pulumi.dev.yaml": stackFile };
  const full = problems.map((line) => `  ${/^aws:/.test(line) ? line : `ping:${line}`}`);
  assert.throws(read(t, { ...smallest, ...given }, [], files).config, {
    message: ["the configuration of stack dev can't be used:", ...full].join("\n"),
  });
}

/** What a stack file says → what Pulumi's CLI 3.274.1 makes of it, inside an object, where YAML changes the text. */
const changed: Readonly<Record<string, unknown>> = {
  "0123": 83,
  "010": 8,
  "0x1F": 31,
  "0o17": 15,
  "0b11": 3,
  "1e3": 1000,
  "1_000": 1000,
  "+5": 5,
  "-0": 0,
  "09": 9,
  "1.0": 1,
  True: true,
  "2024-01-02": "2024-01-02 00:00:00 +0000 UTC",
  "2024-01-02 03:04:05": "2024-01-02 03:04:05 +0000 UTC",
  "2024-01-02T03:04:05Z": "2024-01-02 03:04:05 +0000 UTC",
};

test("a text that YAML changes is refused with the way to write it, in env, args and every other text", (t) => {
  for (const [text, value] of Object.entries(changed)) {
    const stackFile = `
config:
  ping:env: { A: ${text}, B: "${text}" }
  ping:args: [serve, ${text}, '${text}']
  ping:migrate: { args: [${text}] }
  ping:build: { args: { A: ${text} } }
  ping:rebuild: ${text}
`;
    const given = {
      env: JSON.stringify({ A: value, B: text }),
      args: JSON.stringify(["serve", value, text]),
      migrate: JSON.stringify({ args: [value] }),
      build: JSON.stringify({ args: { A: value } }),
      rebuild: String(value),
    };
    const shown = `must be in quotes; it is ${text}, which YAML reads as ${JSON.stringify(value)}`;
    const rebuild = `must be in quotes; it is ${text}, which YAML reads as ${JSON.stringify(String(value))}`;
    refusedFile(
      t,
      stackFile,
      given,
      `build.args.A ${shown}`,
      `rebuild ${rebuild}`,
      `args[1] ${shown}`,
      `env.A ${shown}`,
      `migrate.args[0] ${shown}`,
    );
  }
});

test("a number that YAML can't keep is refused with what was written", (t) => {
  const needs = "must be a string (in quotes if YAML reads something else)";
  refusedFile(
    t,
    "config:\n  ping:env: { A: 1.10, B: 1e-7, C: 12345678901234567890 }\n  ping:rebuild: 1.10\n",
    { env: '{"A":1.1,"B":1e-7,"C":12345678901234567890}', rebuild: "1.1" },
    'rebuild must be in quotes; it is 1.10, which YAML reads as "1.1"',
    `env.A ${needs}; it is 1.10, which YAML reads as 1.1`,
    `env.B ${needs}; it is 1e-7`,
    `env.C ${needs}; it is 12345678901234567890, which YAML reads as 12345678901234567000`,
  );
});

test("what YAML leaves as it is stays: texts of every style, whole numbers, true and false", (t) => {
  const stackFile = `
config:
  ping:env:
    A: 190:20:30
    B: !!str 0123
    C: 7
    D: -3
    E: true
    F: yes
    G: 1.2.3
    H: |
      0123
    I: folded
      text
    J: &anchor "010"
    K: *anchor
    L: 10.0.0.0/8
  ping:rebuild: 20261005
  ping:port: 0x1F90
  ping:replicas: { min: 0b1, max: +2 }
  ping:resources: { requests: { cpu: 0.50 }, limits: { memory: 1_000_000_000, cpu: 1.0 } }
  ping:registry: { ecr: { protect: True } }
  aws:region: eu-central-1
`;
  const env = { A: "190:20:30", B: "0123", C: 7, D: -3, E: true, F: "yes", G: "1.2.3", H: "0123\n", I: "folded text" };
  const given = {
    ...awsConfig,
    env: JSON.stringify({ ...env, J: "010", K: "010", L: "10.0.0.0/8" }),
    rebuild: "20261005",
    port: "8080",
    replicas: '{"min":1,"max":2}',
    resources: '{"requests":{"cpu":0.5},"limits":{"memory":1000000000,"cpu":1}}',
    registry: '{"ecr":{"protect":true}}',
  };
  const config = read(t, { ...smallest, ...given }, [], { ...project, "Pulumi.dev.yaml": stackFile }).config().service;
  assert.deepEqual(config.env, { ...env, C: "7", D: "-3", E: "true", J: "010", K: "010", L: "10.0.0.0/8" });
  assert.deepEqual(
    [config.port, config.replicas, config.resources.requests.cpu, config.resources.limits],
    [8080, { min: 1, max: 2 }, "0.5", { cpu: "1", memory: "1000000000", "ephemeral-storage": "128Mi" }],
  );
});

test("every way to write a key's name is known, and so are the keys of AWS", (t) => {
  refusedFile(
    t,
    'config:\n  rebuild: 0123\n  ping:config:args: [010]\n  aws:allowedAccountIds: ["111122223333", 012345670123]\n',
    {
      ...awsConfig,
      registry: '{"ecr":{}}',
      rebuild: "83",
      args: "[8]",
      "aws:allowedAccountIds": '["111122223333",1402433619]',
    },
    'rebuild must be in quotes; it is 0123, which YAML reads as "83"',
    "args[0] must be in quotes; it is 010, which YAML reads as 8",
    "aws:allowedAccountIds[1] must be an account number of AWS: 12 digits, in quotes; it is 012345670123, which YAML reads as 1402433619",
  );
});

test("a value that isn't what the stack file says is from another file, and no mistake of YAML's", (t) => {
  const stackFile = "config:\n  ping:env: { A: 0123, B: 2024-01-02, C: 5, D: text, E: [1e3] }\n";
  const env = { A: "other", B: "late", C: 6, D: 7, E: "x" };
  const config = read(t, { ...smallest, env: JSON.stringify(env) }, [], { ...project, "Pulumi.dev.yaml": stackFile });
  assert.deepEqual(config.config().service.env, { ...env, C: "6", D: "7" });
});

test("a text that may be a secret isn't shown", (t) => {
  const registry = '{"url":"a.b/c","username":"me","password":83}';
  refusedFile(
    t,
    "config:\n  ping:registry: { url: a.b/c, username: me, password: 0123 }\n",
    { registry },
    "registry.password must be a password or token; it is [secret]",
  );
});
