import assert from "node:assert/strict";
import * as net from "node:net";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { TestContext } from "node:test";
import "../support/docker-config";
import { setVariable } from "../support/variables";
import { projectWith } from "../support/files";
import { useKubectl, without } from "../support/fake-kubectl";
import { promiseOf } from "../support/mocks";
import { answering, listen } from "../support/servers";

// oxlint-disable-next-line typescript/no-require-imports -- What Pulumi does with it.
const program: unknown = require("../../infra/index");

/**
 * Runs the program in a project with a small service, against a registry and an API server on the loopback.
 *
 * @param kubectl The script in its place. By default it finds nothing in the cluster.
 */
export async function run(
  t: TestContext,
  config: Record<string, unknown> = {},
  kubectl: string = without,
): Promise<Record<string, unknown>> {
  const registry = await answering(t);
  const apiServer = await listen(t, net.createServer());
  return runWith(t, registry, apiServer, config, "FROM scratch\n", kubectl);
}

/** The same, with servers on these ports of the loopback. */
export async function runWith(
  t: TestContext,
  registry: number,
  apiServer: number,
  config: Record<string, unknown>,
  dockerfile = "FROM scratch\n",
  kubectl: string = without,
) {
  useKubectl(t, kubectl);
  const directory = projectWith(t, {
    "app/Dockerfile": dockerfile,
    "app/main.go": "package main\n",
    kubeconfig: JSON.stringify({
      clusters: [{ name: "one", cluster: { server: `https://127.0.0.1:${apiServer}` } }],
      contexts: [{ name: "sandbox", context: { cluster: "one" } }],
    }),
  });
  setVariable(t, "KUBECONFIG", join(directory, "kubeconfig"));
  const all = { registry: { url: `127.0.0.1:${registry}/ping` }, cluster: { context: "sandbox" }, ...config };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(all).map(([key, value]) => [
        key.includes(":") ? key : `ping:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  assert.ok(typeof program === "function");
  const outputs: unknown = await Reflect.apply(program, undefined, []);
  assert.ok(typeof outputs === "object" && outputs !== null);
  const settled = Object.entries(outputs).map(
    async ([key, value]: [string, unknown]) => [key, await promiseOf(value)] as const,
  );
  return { repository: all.registry.url, ...Object.fromEntries(await Promise.all(settled)) };
}
