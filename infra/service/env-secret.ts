import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { scryptSync } from "node:crypto";

/**
 * Makes the Secret of the environment variables. Other values make another Secret, under another name in Pulumi too.
 * The new one is there before the Deployment changes, and the old one goes after the rollout. If the rollout fails, the
 * old one stays, and the old values lead back to it and to the pods that still run with it.
 */
export function envSecret(
  name: string,
  metadata: Readonly<Record<"name" | "namespace", pulumi.Input<string>>>,
  values: Readonly<Record<string, string>>,
  parent: pulumi.Resource,
): core.Secret {
  const hash = contentHash(values);
  return new core.Secret(
    `${name}-${hash}`,
    {
      metadata: { ...metadata, name: pulumi.interpolate`${metadata.name}-env-${hash}` },
      type: "Opaque",
      immutable: true,
      stringData: pulumi.secret(values),
    },
    { parent },
  );
}

/** The values as one text, whatever their order. */
export function content(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Ten hex digits that follow the values. The name stands where the values must not, such as in the comment of a pull
 * request, and a plain hash would let a reader try millions of passwords a second. These are scrypt's parameters that
 * OWASP recommends for stored passwords: 0.3 s each try.
 */
export function contentHash(values: Readonly<Record<string, string>>): string {
  const salt = `${pulumi.getProject()}/${pulumi.getStack()}`;
  const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 2 ** 20 };
  return scryptSync(content(values), salt, 5, cost).toString("hex");
}
