import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import { z } from "zod";
import { type Config, readConfig } from "../infra/config";
import { GoService } from "../infra/service";

const project = z
  .object({ name: z.string(), config: z.record(z.string(), z.object({ default: z.unknown().optional() })) })
  .parse(load(readFileSync("Pulumi.yaml", "utf8")));
const stackFile = z.object({ config: z.record(z.string(), z.unknown()).default({}) });
const encrypted = z.strictObject({ secure: z.string() });

const stacks = readdirSync(".").flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** Sets a stack's config as Pulumi hands it over: every value a text, lists and objects as JSON. */
function configure(stack: string): void {
  const { config } = stackFile.parse(load(readFileSync(`Pulumi.${stack}.yaml`, "utf8")) ?? {});
  // A key with a colon isn't the program's, such as pulumi:tags.
  const defaults = Object.entries(project.config)
    .filter(([key]) => !key.includes(":"))
    .map(([key, value]) => [`${project.name}:${key}`, value.default]);
  const secrets: string[] = [];
  const text = (key: string, value: unknown) => {
    const plain = JSON.stringify(value, (_, inner: unknown) => {
      if (!encrypted.safeParse(inner).success) {
        return inner;
      }
      secrets.push(key);
      return "secret";
    });
    return plain.startsWith('"') ? z.string().parse(JSON.parse(plain)) : plain;
  };
  const all = Object.entries<unknown>({ ...Object.fromEntries(defaults), ...config });
  pulumi.runtime.setAllConfig(Object.fromEntries(all.map(([key, value]) => [key, text(key, value)])));
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secrets);
}

const image = `registry.example.com/service@sha256:${"0123456789abcdef".repeat(4)}`;

/** The service that a config describes, with an image that is there already. */
function deploy({ name, platforms, service, metrics }: Config): GoService {
  const places = { namespace: `${name}-${pulumi.getStack()}`, service: name };
  const pods = { image, user: { uid: 65532, gid: 65532 }, platforms };
  const without = { encryptedEnv: undefined, pullLogin: undefined, exposure: undefined };
  const scraped = metrics && { ...metrics, podMonitor: false };
  return new GoService(name, { ...service, ...places, ...pods, ...without, metrics: scraped }, {});
}

const deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.object({
            image: z.string(),
            ports: z.array(z.object({ containerPort: z.number() })),
            readinessProbe: z.object({ httpGet: z.object({ path: z.string() }).optional() }),
          }),
        ]),
      }),
    }),
  }),
});

for (const stack of stacks) {
  test(`the stack ${stack} deploys an image by its digest, and its probes ask what the stack's file says`, async () => {
    const inputs = new Map<string, unknown>();
    await pulumi.runtime.setMocks(
      {
        newResource: (resource) => {
          inputs.set(resource.type, resource.inputs);
          return { id: resource.name, state: Object(resource.inputs) as object };
        },
        call: () => ({}),
      },
      project.name,
      stack,
    );
    configure(stack);
    const config = readConfig();
    const { port, health } = config.service;
    deploy(config);
    await pulumi.runtime.disconnect();
    const { containers } = deployment.parse(inputs.get("kubernetes:apps/v1:Deployment")).spec.template.spec;
    assert.equal(containers[0].image, image);
    assert.ok(containers[0].ports.some(({ containerPort }) => containerPort === port));
    const path = health.protocol === "http" ? health.path : undefined;
    assert.equal(containers[0].readinessProbe.httpGet?.path, path);
  });
}
