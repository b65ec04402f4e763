import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { scrypt, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";

/** The variables that the config has encrypted. No reader of the Deployment may see their values. */
export interface EncryptedEnv {
  readonly values: Readonly<Record<string, string>>;
  /** What names their Secret. */
  readonly hash: string;
}

/**
 * Makes the Secret of the environment variables. Other values make another Secret, under another name in Pulumi too.
 * The new one is there before the Deployment changes, and the old one goes after the rollout. If the rollout fails, the
 * old one stays, and the old values lead back to it and to the pods that still run with it.
 */
export function envSecret(
  name: string,
  metadata: Readonly<Record<"name" | "namespace", pulumi.Input<string>>>,
  { values, hash }: EncryptedEnv,
  parent: pulumi.Resource,
): core.Secret {
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
 * The variables with the hash that names their Secret, ten hex digits; undefined if there are no variables. The name
 * stands where the values must not, such as in the comment of a pull request. A plain hash would let a reader try
 * millions of passwords a second. These are scrypt's parameters that OWASP recommends for stored passwords: a try takes
 * 0.3 s. Node.js computes it in another thread, so that the program goes on meanwhile.
 */
export async function hashEnv(values: Readonly<Record<string, string>>): Promise<EncryptedEnv | undefined> {
  if (Object.keys(values).length === 0) {
    return undefined;
  }
  const salt = `${pulumi.getProject()}/${pulumi.getStack()}`;
  const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 2 ** 20 };
  const hash = await promisify<string, string, number, ScryptOptions, Buffer>(scrypt)(content(values), salt, 5, cost);
  return { values, hash: hash.toString("hex") };
}
