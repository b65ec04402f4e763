import { isObject, objectAt, type Properties, textAt, type Value } from "../values";

/** The provider's arguments that mean something here. */
export interface Settings {
  /** "" where neither the stack nor the environment names one. */
  readonly region: string;
  /** Of the shared configuration; "" leaves it to the environment. */
  readonly profile: string;
  /** The accounts to work in; none stands for every account. */
  readonly allowedAccountIds: readonly string[];
  /** What every resource that can have tags gets beside its own. */
  readonly defaultTags: Readonly<Record<string, string>>;
}

/** Arguments that are accepted: those of {@link Settings}, and some that change nothing here. */
const understood = [
  ...["region", "profile", "allowedAccountIds", "defaultTags"],
  ...["skipCredentialsValidation", "skipRegionValidation", "version"],
];

/**
 * Reads the provider's arguments; `read` gives the text of one, or undefined: lists and objects are JSON. The region is
 * the environment's where the stack has none.
 */
export function parseSettings(read: (key: string) => string | undefined, env: NodeJS.ProcessEnv): Settings {
  const json = (key: string): Value => {
    const text = read(key);
    return text === undefined || text === "" ? null : (JSON.parse(text) as Value);
  };
  const accounts = json("allowedAccountIds");
  const tags = objectAt(json("defaultTags"), "tags");
  return {
    region: read("region") || env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || "",
    profile: read("profile") ?? "",
    allowedAccountIds: Array.isArray(accounts) ? accounts.map(String) : [],
    defaultTags: Object.fromEntries(Object.keys(tags).map((key) => [key, textAt(tags, key)])),
  };
}

/** The arguments that only the real provider knows what to do with, each with the reason. */
export function refusedSettings(args: Properties): { property: string; reason: string }[] {
  const refused = (property: string, value: Value) => ({
    property,
    reason: `the AWS stand-in doesn't do ${property}: ${JSON.stringify(value)}`,
  });
  const others = Object.entries(args).filter(([key, value]) => !understood.includes(key) && value !== null);
  const tags = Object.entries(jsonObject(args["defaultTags"])).filter(([key]) => key !== "tags");
  return [
    ...others.map(([key, value]) => refused(key, value)),
    ...tags.map(([key, value]) => refused(`defaultTags.${key}`, value)),
  ];
}

/** An object that the engine passes as itself or as JSON; anything else, such as an unknown value, is an empty one. */
function jsonObject(value: Value | undefined): Properties {
  if (typeof value !== "string" || !value.startsWith("{")) {
    return isObject(value) ? value : {};
  }
  return JSON.parse(value) as Properties;
}
