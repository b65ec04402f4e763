import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import program from "../../infra/index";
import { putCommand } from "../support/commands";
import { putVariable } from "../support/variables";
import { without } from "../support/fake-kubectl";
import { Mocks } from "../support/mocks";
import { start } from "../support/servers";

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** An object of the Kubernetes API, as far as it is looked at here. */
export type Manifest = z.infer<typeof manifest>;

/** `Kind/name`. */
export const nameOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

/**
 * Runs the program itself, with an engine and providers in memory, and returns every object that it registers with the
 * Kubernetes provider, exactly as the provider would get it. What the program looks at before it registers anything, a
 * registry and an API server, is a server on the loopback that has some digest for every image. A script in kubectl's place
 * finds nothing in the cluster.
 *
 * @param stack The stack's name, which its namespace is called after.
 * @param config Config keys without the project's name, beside `cluster` and the registry's URL.
 * @param encrypted Those of them that the stack encrypts.
 */
export async function manifestsOf(
  stack: string,
  config: Readonly<Record<string, unknown>>,
  encrypted: readonly string[] = [],
): Promise<Manifest[]> {
  const directory = mkdtempSync(join(tmpdir(), "ping-lint-"));
  const server = http.createServer((_, response) =>
    response.writeHead(200, { "docker-content-digest": `sha256:${"0".repeat(64)}` }).end(),
  );
  const kubeconfig = join(directory, "kubeconfig");
  const variables = {
    // It has no config of Docker's: the program would ask a person's own for logins.
    DOCKER_CONFIG: directory,
    KUBECONFIG: kubeconfig,
    PATH: `${directory}:${process.env["PATH"]}`,
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(encrypted.map((key) => `ping:${key}`)),
  };
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  try {
    const address = `127.0.0.1:${await start(server)}`;
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: "none", cluster: { server: `https://${address}` } }],
        contexts: [{ name: "none", context: { cluster: "none" } }],
      }),
    );
    putCommand(directory, "kubectl", without);
    Object.assign(process.env, variables);
    const mocks = await Mocks.start({ stack });
    const bases = { "golang:1.26": `${address}/library/golang` };
    const registry = { ...z.looseObject({}).parse(config["registry"] ?? {}), url: `${address}/ping` };
    const all = { ...config, bases, registry, cluster: { context: "none" } };
    const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    const entries = Object.entries(all).map(([key, value]) => [`ping:${key}`, text(value)] as const);
    pulumi.runtime.setAllConfig(Object.fromEntries(entries));
    await program();
    await mocks.registered();
    return mocks.resources
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map(({ inputs }) => manifest.parse(decrypted(inputs)));
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
    before.forEach(([name, value]) => putVariable(name, value));
  }
}

/** A resource's properties without the mark of a secret. */
function decrypted(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { unwrapRpcSecret } = pulumi.runtime;
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, unwrapRpcSecret(value)] as const));
}
