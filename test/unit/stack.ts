import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { TestContext } from "node:test";
import { readConfig } from "../../infra/config";
import { setVariable } from "../support/variables";
import { projectWith } from "../support/files";

/** A whole digest. */
export const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
/** A project that can be built. */
export const project = { "app/Dockerfile": "FROM scratch\n" };
/** The keys that can't be left out. */
export const smallest = { registry: '{"url":"localhost:15000/ping"}', cluster: '{"context":"sandbox"}' };

/** The whole name of a key, or a line about it: a key of the project has no namespace here. */
const full = (line: string) => (/^aws:/.test(line) ? line : `ping:${line}`);

/** Sets a config as the engine passes it, every value a string, lists and objects as JSON, in a project with these files. */
export function read(
  t: TestContext,
  config: Record<string, string>,
  secrets: string[] = [],
  files: Record<string, string> = project,
) {
  const directory = projectWith(t, files);
  setConfig(config);
  setSecrets(t, secrets);
  return { directory, config: () => readConfig() };
}

/** Sets a config for the project in the working directory. */
export function setConfig(config: Readonly<Record<string, string>>): void {
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [full(key), value]));
  pulumi.runtime.setAllConfig({ ...own, "kubernetes:namespace": "somebody else's" });
}

/** Says until the test ends which keys of the config are encrypted. */
export function setSecrets(t: TestContext, secrets: readonly string[]): void {
  setVariable(t, "PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(secrets.map(full)));
}

/** Asserts that a config is refused with exactly these problems, and that the rest of it is fine. */
export function refused(t: TestContext, config: Record<string, string>, ...problems: string[]): void {
  assert.throws(read(t, { ...smallest, ...config }).config, {
    message: ["the configuration of stack dev can't be used:", ...problems.map((line) => `  ${full(line)}`)].join("\n"),
  });
}
