import { createHash, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { diffProperties } from "../diff";
import type { ResourceDiff } from "../diff-response";
import { containsUnknown, isObject, isUnknown, objectAt, type Properties, textAt, type Value } from "../values";
import { type Account, explained } from "./account";
import { comparableDocument, documentText } from "./document";
import { lifecyclePolicy, repository, repositoryPolicy } from "./ecr";
import { openIdConnectProvider, role, rolePolicy } from "./iam";
import type { Kind, TagChange, Tags } from "./kind";

const kinds: Readonly<Record<string, Kind>> = {
  "aws:ecr/repository:Repository": repository,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": lifecyclePolicy,
  "aws:ecr/repositoryPolicy:RepositoryPolicy": repositoryPolicy,
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": openIdConnectProvider,
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
};

/**
 * The kind of a resource.
 * @throws Error for one that this plugin doesn't have.
 */
export function kindOf(type: string): Kind {
  const kind = kinds[type];
  if (kind === undefined) {
    throw new Error(`the AWS stand-in doesn't manage ${type}, only ${Object.keys(kinds).join(", ")}`);
  }
  return kind;
}

/** An input that can't be used, and why. */
export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

/**
 * Inputs with documents as text and, for a kind that has names, a name: the program's, else the one that was made up
 * before, else `<resource name>-<7 hex digits>` from the engine's seed. Refused are those that are missing and those
 * that only the real provider does.
 */
export function checkInputs(
  kind: Kind,
  name: string,
  seed: Uint8Array,
  olds: Properties,
  news: Properties,
): { inputs: Properties; refused: Refusal[] } {
  const given = Object.entries(news).filter(([key, value]) => value !== null && !key.startsWith("__"));
  const refused: Refusal[] = given
    .filter(([key]) => !(key in kind.inputs))
    .map(([property]) => ({ property, reason: `the AWS stand-in doesn't do ${property} of an ${kind.title}` }));
  const inputs: Properties = Object.fromEntries(
    given.map(([key, value]) => [key, kind.inputs[key]?.document ? documentText(value) : value]),
  );
  for (const [key, { required }] of Object.entries(kind.inputs)) {
    if (required && inputs[key] === undefined) {
      refused.push({ property: key, reason: `Missing required argument: ${key} of an ${kind.title}` });
    }
  }
  if ("name" in kind.inputs && inputs["name"] === undefined) {
    inputs["name"] = textAt(olds, "name") || `${name}-${suffix(seed)}`;
  }
  return { inputs, refused };
}

function suffix(seed: Uint8Array): string {
  return createHash("sha256")
    .update(seed.length > 0 ? seed : randomBytes(32))
    .digest("hex")
    .slice(0, 7);
}

/**
 * What changes between the inputs of two updates, and in the tags, where the provider's default ones have changed.
 * Documents that mean the same are the same, and so are a default and an input that was left out.
 */
export function diffInputs(
  kind: Kind,
  state: Properties,
  olds: Properties,
  news: Properties,
  defaultTags: Tags,
): ResourceDiff {
  const before = { ...comparable(kind, olds), ...tagsOf(kind, state) };
  const after = { ...comparable(kind, news), ...allTags(kind, news, defaultTags) };
  const changes = diffProperties(before, after).map((change) => ({
    ...change,
    replaces: kind.inputs[String(change.path[0])]?.replaces === true,
  }));
  // A name can't be taken twice.
  const sameName = "name" in kind.inputs && isDeepStrictEqual(olds["name"], news["name"]);
  return { changes, deleteFirst: sameName && changes.some(({ replaces }) => replaces) };
}

/** Inputs in a form in which two that mean the same are the same. */
function comparable(kind: Kind, inputs: Properties): Properties {
  const entries = Object.entries(kind.inputs).flatMap(([key, { document, otherwise }]): [string, Value][] => {
    const value = inputs[key] ?? null;
    if (value === null || (otherwise !== undefined && isDeepStrictEqual(value, otherwise))) {
      return [];
    }
    return [[key, document ? comparableDocument(value) : value]];
  });
  return Object.fromEntries(entries);
}

function tagsOf(kind: Kind, state: Properties): Properties {
  return "tags" in kind.inputs ? { tagsAll: objectAt(state, "tagsAll") } : {};
}

/** The output `tagsAll` of a kind that has tags: the provider's and the resource's own; none while they are unknown. */
function allTags(kind: Kind, inputs: Properties, defaultTags: Tags): Properties {
  if (!("tags" in kind.inputs)) {
    return {};
  }
  const own = inputs["tags"] ?? {};
  return isUnknown(own) ? { tagsAll: own } : { tagsAll: { ...defaultTags, ...objectAt(own) } };
}

/** What has to be done for tags to become others. */
export function tagChange(olds: Properties, news: Properties): TagChange {
  const set = Object.entries(news).filter(([key, value]) => olds[key] !== value);
  return {
    set: textValues(set),
    remove: Object.keys(olds).filter((key) => !(key in news)),
  };
}

/** Tags are text; what is none is left out. */
function textValues(entries: readonly [string, Value][]): Record<string, string> {
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** What the provider does with resources, apart from the protocol that asks for it. */
export class Resources {
  constructor(private readonly aws: Account) {}

  /** What is known of a resource before it is written: its inputs, and of an existing one what stays. */
  preview(type: string, olds: Properties, news: Properties): Properties {
    const kind = kindOf(type);
    const dropped = Object.keys(kind.inputs);
    const kept = Object.fromEntries(Object.entries(olds).filter(([key]) => !dropped.includes(key)));
    const tags = allTags(kind, news, this.aws.defaultTags);
    // A part of a map can't be unknown in what the engine keeps of a preview.
    const known = containsUnknown(tags) ? {} : tags;
    return { ...kept, ...news, ...known };
  }

  async create(type: string, inputs: Properties): Promise<{ id: string; outputs: Properties }> {
    const kind = kindOf(type);
    const name = textAt(inputs, "name") || textAt(inputs, "repository") || textAt(inputs, "url");
    const { tagsAll = {} } = allTags(kind, inputs, this.aws.defaultTags);
    const tags = tagChange({}, objectAt(tagsAll)).set;
    const id = await explained(`creating ${kind.title} (${name})`, () => kind.create(this.aws, inputs, tags));
    return { id, outputs: await this.written(kind, id, inputs) };
  }

  async update(type: string, id: string, olds: Properties, news: Properties): Promise<Properties> {
    const kind = kindOf(type);
    const { tagsAll = {} } = allTags(kind, news, this.aws.defaultTags);
    const tags = tagChange(objectAt(olds, "tagsAll"), objectAt(tagsAll));
    await explained(`updating ${kind.title} (${id})`, () => kind.update(this.aws, id, olds, news, tags));
    return this.written(kind, id, news);
  }

  /** A resource as it is now; undefined where it is gone. Without known inputs, it is imported. */
  async read(
    type: string,
    id: string,
    state: Properties,
    olds: Properties,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined> {
    const kind = kindOf(type);
    const live = await explained(`reading ${kind.title} (${id})`, () => kind.read(this.aws, id));
    if (live === undefined) {
      return undefined;
    }
    const outputs = { ...local(kind, state), ...this.withOwnTags(kind, live) };
    return { outputs, inputs: liveInputs(kind, outputs, olds) };
  }

  async delete(type: string, id: string, state: Properties): Promise<void> {
    const kind = kindOf(type);
    await explained(`deleting ${kind.title} (${id})`, () => kind.delete(this.aws, id, state));
  }

  private async written(kind: Kind, id: string, inputs: Properties): Promise<Properties> {
    const live = await explained(`reading ${kind.title} (${id})`, () => kind.read(this.aws, id));
    if (live === undefined) {
      throw new Error(`reading ${kind.title} (${id}): couldn't find resource`);
    }
    // What the program wrote, in its own words: AWS's may be others that mean the same.
    return { ...live, ...inputs };
  }

  /** What is live with `tags` beside `tagsAll`: those that the provider's default ones don't explain. */
  private withOwnTags(kind: Kind, live: Properties): Properties {
    if (!("tags" in kind.inputs)) {
      return live;
    }
    const own = Object.entries(objectAt(live, "tagsAll")).filter(([key, value]) => this.aws.defaultTags[key] !== value);
    return { ...live, tags: Object.fromEntries(own) };
  }
}

/** The inputs that only the state knows. */
function local(kind: Kind, state: Properties): Properties {
  const keys = Object.keys(kind.inputs).filter((key) => kind.inputs[key]?.local && state[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, state[key] ?? null]));
}

/**
 * The inputs that a live resource amounts to: those of before, with what has become of them in the meantime, in the
 * program's own words where the meaning is the same; and those that differ from the default.
 */
function liveInputs(kind: Kind, live: Properties, olds: Properties): Properties {
  const seen = Object.fromEntries(Object.entries(live).map(([key, value]) => [key, likeBefore(value, olds[key])]));
  const [before, now] = [comparable(kind, olds), comparable(kind, seen)];
  const entries = Object.keys(kind.inputs).flatMap((key): [string, Value][] => {
    const found = kind.inputs[key]?.computed && olds[key] === undefined;
    if (found || isDeepStrictEqual(before[key], now[key])) {
      return olds[key] === undefined ? [] : [[key, olds[key]]];
    }
    return now[key] === undefined ? [] : [[key, seen[key] ?? null]];
  });
  return Object.fromEntries(entries);
}

/** A live value without what AWS has added inside it, such as the key that encrypts where the program names none. */
function likeBefore(live: Value, before: Value | undefined): Value {
  if (Array.isArray(live) && Array.isArray(before)) {
    return live.map((item, index) => likeBefore(item, before[index]));
  }
  if (isObject(live) && isObject(before)) {
    return Object.fromEntries(
      Object.entries(live)
        .filter(([key]) => key in before)
        .map(([key, value]) => [key, likeBefore(value, before[key])]),
    );
  }
  return live;
}
