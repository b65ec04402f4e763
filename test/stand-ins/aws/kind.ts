import type { Properties, Value } from "../values";
import type { Account } from "./account";

/** What is known of one input of a kind of resource. */
export interface Input {
  readonly required?: true;
  /** A change makes a new resource. */
  readonly replaces?: true;
  /** A JSON document: given as text or as an object, kept as text, compared by what it means. */
  readonly document?: true;
  /** What AWS takes where it is left out: the same as setting it. */
  readonly otherwise?: Value;
  /** AWS finds it by itself where it is left out, which is no change then. */
  readonly computed?: true;
  /** Never told to AWS: it lives in the state alone. */
  readonly local?: true;
}

/** A kind of resource, as far as AWS itself is concerned. What is common to all kinds is the provider's. */
export interface Kind {
  /** As errors name it. */
  readonly title: string;
  /** Every input that this plugin does. One called `name` is made up where the program gives none. */
  readonly inputs: Readonly<Record<string, Input>>;
  /** Creates one and returns its id; `tags` has the provider's default tags too. */
  create(aws: Account, inputs: Properties, tags: Tags): Promise<string>;
  /** One as it is now: inputs and outputs, its tags as `tagsAll`. Undefined where it is gone. */
  read(aws: Account, id: string): Promise<Properties | undefined>;
  /** Changes one, from one state to other inputs. */
  update(aws: Account, id: string, olds: Properties, news: Properties, tags: TagChange): Promise<void>;
  /** Deletes one; one that is gone already is fine. */
  delete(aws: Account, id: string, state: Properties): Promise<void>;
}

/** A resource's tags. */
export type Tags = Readonly<Record<string, string>>;

/** What a change of tags comes to. */
export interface TagChange {
  /** To set: the new and the changed ones. */
  readonly set: Tags;
  /** Keys to remove. */
  readonly remove: readonly string[];
}

/** Tags as most AWS APIs have them. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The other way round. */
export function tagMap(
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string> {
  return Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}
