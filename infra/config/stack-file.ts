import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import { FAILSAFE_SCHEMA, loadAll, YAMLException } from "js-yaml";
import { z } from "zod";

const file = z.object({ config: z.record(z.string(), z.unknown()) });

/**
 * The config in the stack's file, by full key, each scalar as the text that stands there. An encrypted value is the object
 * `{secure: …}`. Empty if the file isn't there, or if it isn't what js-yaml can read.
 *
 * The program can't know of `--config-file`: with it, this is another file than the one that the values are from.
 */
export function stackFileTexts(): Readonly<Record<string, unknown>> {
  const name = `Pulumi.${pulumi.getStack()}.yaml`;
  const [content] = fs.existsSync(name) ? parse(fs.readFileSync(name, "utf8")) : [];
  const config = file.safeParse(content).data?.config ?? {};
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [fullKey(key), value]));
}

/** The engine has read the file already, and knows tags that js-yaml doesn't. */
function parse(text: string): unknown[] {
  try {
    return loadAll(text, { schema: FAILSAFE_SCHEMA });
  } catch (error) {
    if (error instanceof YAMLException) {
      return [];
    }
    throw error;
  }
}

/** The CLI takes `key` and `project:config:key` for `project:key`. */
function fullKey(key: string): string {
  return key.includes(":") ? key.replace(":config:", ":") : `${pulumi.getProject()}:${key}`;
}
