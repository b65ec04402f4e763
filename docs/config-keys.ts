// npm run generate: writes what the schema says of the config keys into docs/configuration.md and into Pulumi.yaml.
import { readFileSync, writeFileSync } from "node:fs";
import { dump } from "js-yaml";
import { z } from "zod";
import { schema } from "../infra/config";
import { configPage, type Key } from "./config-page";
import { formatted } from "./formatted";

const meta = z.object({ description: z.string(), unset: z.string().optional() });

const keys: readonly Key[] = Object.entries(schema.shape).map(([name, key]) => {
  const { description, unset = "" } = meta.parse(key.meta());
  const inner = key instanceof z.ZodOptional ? key.unwrap() : key;
  return {
    name,
    description,
    default: key instanceof z.ZodPrefault ? key.parse(undefined) : undefined,
    unset,
    empty: inner instanceof z.ZodObject && !inner.safeParse({}).success ? {} : "",
  };
});

/** Pulumi.yaml with the block `config`, its last. */
function withConfig(yaml: string): string {
  const entries = keys.map(({ name, description, default: value, unset, empty }) => {
    const sentence = description.charAt(0).toUpperCase() + description.slice(1);
    const whenUnset = unset.startsWith("required") ? ` (${unset})` : unset && ` (default: ${unset})`;
    return [name, { description: (sentence + whenUnset).replaceAll("`", ""), default: value ?? empty }];
  });
  const config: unknown = Object.fromEntries(entries);
  return yaml.replace(/^config:\n[^]*/m, () => dump({ config }, { flowLevel: 3, lineWidth: -1 }));
}

/** Path → the content that the schema makes of the file. Changes Pulumi's mocks and config. */
export async function generated(): Promise<Record<string, string>> {
  const contents = {
    "docs/configuration.md": await configPage(keys),
    "Pulumi.yaml": withConfig(readFileSync("Pulumi.yaml", "utf8")),
  };
  const files = Object.entries(contents).map(
    async ([file, content]) => [file, await formatted(file, content)] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}

if (require.main === module) {
  void generated().then((contents) => {
    Object.entries(contents).forEach(([file, content]) => writeFileSync(file, content));
  });
}
