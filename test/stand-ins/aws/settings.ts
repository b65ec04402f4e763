import { isObject, type Properties, textAt } from "../values";

/** The provider's arguments, as the stack file gives them. */
export interface Settings {
  readonly region: string;
  /** The accounts to work in. */
  readonly allowedAccountIds: readonly string[];
  /** What every resource that can have tags gets. */
  readonly defaultTags: Readonly<Record<string, string>>;
}

/** Arguments of the default provider that the stand-in accepts; the engine adds `version`. */
const understood = ["region", "allowedAccountIds", "defaultTags", "version"];

/** Reads the provider's arguments; `read` gives one as text, or undefined. Lists and objects are JSON. */
export function parseSettings(read: (key: string) => string | undefined): Settings {
  const accounts: unknown = JSON.parse(read("allowedAccountIds") ?? "[]");
  const defaultTags: unknown = JSON.parse(read("defaultTags") ?? "{}");
  const tags = isObject(defaultTags) && isObject(defaultTags["tags"]) ? defaultTags["tags"] : {};
  return {
    region: read("region") ?? "",
    allowedAccountIds: Array.isArray(accounts) ? accounts.map(String) : [],
    defaultTags: Object.fromEntries(Object.keys(tags).map((key) => [key, textAt(tags, key)])),
  };
}

/** The names of arguments that only the real provider understands. */
export function refusedSettings(args: Properties): string[] {
  return Object.keys(args).filter((key) => !understood.includes(key));
}
