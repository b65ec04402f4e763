import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import { loadAll } from "js-yaml";
import { z } from "zod";
import { scalar } from "./readers";

type Variables = Readonly<Record<string, string>>;

/**
 * Splits the variables of an `env` of which a part is encrypted.
 *
 * The engine names only the top-level keys that hold an encrypted part, and passes every value decrypted. The stack's
 * file tells which variables are plain: those whose value stands in it as text. Every other variable is a secret. So are
 * all that come from an ESC environment, or from the file of `--config-file`.
 */
export function splitEnv(
  key: string,
  variables: Variables,
): { readonly env: Variables; readonly secretEnv: Variables } {
  const plain = plainVariables(key);
  const isPlain = ([name, value]: [string, string]) => scalar(plain[name]) === value;
  const entries = Object.entries(variables);
  return {
    env: Object.fromEntries(entries.filter(isPlain)),
    secretEnv: Object.fromEntries(entries.filter((entry) => !isPlain(entry))),
  };
}

/** The variables as the stack's file has them. An encrypted one is the object `{secure: …}` there. */
function plainVariables(key: string): Readonly<Record<string, unknown>> {
  const file = `Pulumi.${pulumi.getStack()}.yaml`;
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  const schema = z.object({ config: z.object({ [key]: z.record(z.string(), z.unknown()) }) });
  const [stackFile] = loadAll(text);
  return schema.safeParse(stackFile).data?.config[key] ?? {};
}
