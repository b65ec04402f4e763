import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { before, test } from "node:test";
import { load } from "js-yaml";
import { z } from "zod";
import { type Config, readConfig } from "../../../../infra/config";
import { Mocks } from "../../../support/mocks";

before(() => Mocks.start());

const project = z
  .object({
    name: z.string(),
    main: z.string(),
    config: z.record(z.string(), z.strictObject({ description: z.string(), default: z.unknown() })),
  })
  .parse(load(fs.readFileSync("Pulumi.yaml", "utf8")));

const defaults = Object.fromEntries(
  Object.entries(project.config).map(([key, value]) => [`ping:${key}`, value.default]),
);

/** Sets the config as the engine passes it. */
function setConfig(config: Readonly<Record<string, unknown>>): void {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  pulumi.runtime.setAllConfig(Object.fromEntries(Object.entries(config).map(([key, value]) => [key, text(value)])));
}

test("the CLI finds no package with a plugin below the program's folder, and so asks for none of a stack without AWS", () => {
  const below = fs.readdirSync(path.dirname(project.main), { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    below.filter((file) => /(^|\/)(node_modules|package\.json)$/.test(file)),
    [],
  );
});

/** The config of a stack, as its file and Pulumi.yaml say it. */
const readStack = (file: string) => readText(fs.readFileSync(file, "utf8"));

/** The config of a stack with this text as its file. Here the project is `ping`, whatever its name is. */
function readText(text: string): Config {
  const { config } = z.object({ config: z.record(z.string(), z.unknown()) }).parse(load(text));
  const own = `${project.name}:`;
  const renamed = Object.entries(config).map(([key, value]): [string, unknown] => [
    key.startsWith(own) ? `ping:${key.slice(own.length)}` : key,
    value,
  ]);
  setConfig({ ...defaults, ...Object.fromEntries(renamed) });
  return readConfig();
}

test("the defaults in Pulumi.yaml are the program's own", () => {
  const required = { "ping:registry": { url: "localhost:15000/ping" }, "ping:cluster": { context: "sandbox" } };
  setConfig({ ...defaults, ...required });
  const declared = readConfig();
  setConfig(required);
  assert.deepEqual(declared, readConfig());
});

// The end-to-end suites make and remove stacks of their own, perhaps right now.
for (const file of fs.readdirSync(".").filter((name) => /^Pulumi\.(?!e2e-).+\.yaml$/.test(name))) {
  test(`${file} is a configuration that the program accepts`, () => {
    assert.doesNotThrow(() => readStack(file));
  });
}

test("prod deploys what staging built, in the same account, and nothing deletes the repository of both", () => {
  const { registry, source, aws } = readStack("Pulumi.staging.yaml");
  const prod = readStack("Pulumi.prod.yaml");
  assert.ok(source.kind === "build" && "ecr" in registry && registry.ecr.use === "make");
  assert.equal(registry.ecr.protect, true);
  assert.equal(registry.ecr.forceDelete, false);
  assert.deepEqual([prod.source, prod.aws], [{ kind: "stack", stack: "staging", image: undefined }, aws]);
  assert.ok("ecr" in prod.registry);
});

test("pull requests push to a repository that another stack makes for them, and its images expire", () => {
  const environment = readStack("Pulumi.pr.yaml");
  const shared = readStack("Pulumi.pull-requests.yaml");
  const repository = "ping-pull-requests";
  assert.deepEqual(environment.registry, { ecr: { use: "adopt", repository } });
  assert.deepEqual(shared.registry, {
    ecr: { use: "make", repository, protect: false, forceDelete: false, expireAfter: 30, pullAccounts: [] },
  });
  const staging = readStack("Pulumi.staging.yaml");
  assert.ok("ecr" in staging.registry && staging.registry.ecr.repository !== repository);
  assert.deepEqual([environment.aws, environment.cluster], [shared.aws, shared.cluster]);
});

test("a pull request's environment has a host of its own once the comment marks are taken off `expose`", async (t) => {
  t.after(() => Mocks.start());
  await Mocks.start({ stack: "pr-12" });
  const text = fs.readFileSync("Pulumi.pr.yaml", "utf8");
  assert.equal(readText(text).expose, undefined);
  assert.deepEqual(readText(text.replaceAll(/^ {2}# (?=ping:| )/gm, "  ")).expose, {
    host: "pr-12.preview.example.com",
    gateway: { name: "previews", namespace: "gateways" },
  });
});

test("each GitHub environment that deploys has a role of its own, for a workflow's file where no branch can change it", () => {
  const roles = ["staging", "prod", "pull-requests", "pr"].map((stack) => {
    const { github } = readStack(`Pulumi.${stack}.yaml`);
    return [github?.environments, github?.workflow];
  });
  assert.deepEqual(roles, [
    [["staging"], "deploy.yml@main"],
    [["prod"], "deploy.yml@main"],
    [["pull-requests"], undefined],
    [undefined, undefined],
  ]);
});
