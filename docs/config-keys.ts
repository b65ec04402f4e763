import { dump } from "js-yaml";
import { z } from "zod";
import { schema } from "../infra/config";
import type { Key } from "./config-page";

const meta = z.object({ description: z.string(), unset: z.string().optional() });

/** The config keys, as the schema says them. */
export const keys: readonly Key[] = Object.entries(schema.shape).map(([name, key]) => {
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
export function withConfig(yaml: string): string {
  const entries = keys.map(({ name, description, default: value, unset, empty }) => {
    const sentence = description.charAt(0).toUpperCase() + description.slice(1);
    const whenUnset = unset.startsWith("required") ? ` (${unset})` : unset && ` (default: ${unset})`;
    return [name, { description: (sentence + whenUnset).replaceAll("`", ""), default: value ?? empty }];
  });
  const config: unknown = Object.fromEntries(entries);
  return yaml.replace(/^config:\n[^]*/m, () => dump({ config }, { flowLevel: 3, lineWidth: -1 }));
}
