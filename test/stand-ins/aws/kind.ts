import type { Properties } from "../values";
import type { Account } from "./account";

/** A kind of resource, as far as AWS itself is concerned. What is common to all kinds is in `resources.ts`. */
export interface Kind {
  /** As errors name it. */
  readonly title: string;
  /**
   * Every input, all of which the program gives: what a change of it makes. `names` and `replaces` make a new resource; the
   * id consists of those that `names`.
   */
  readonly inputs: Readonly<Record<string, "names" | "replaces" | "updates">>;
  /** Set for a kind that has tags: how to change those of an existing resource. */
  readonly tagging?: Tagging;
  /** Creates one, with the provider's default tags, and returns its id. */
  create(aws: Account, inputs: Properties): Promise<string>;
  /** One as it is now: inputs and outputs, its tags as `tagsAll`. Undefined where it is gone. */
  read(aws: Account, id: string): Promise<Properties | undefined>;
  /** Changes one, from one state to other inputs. */
  update(aws: Account, id: string, olds: Properties, news: Properties): Promise<void>;
  /** Deletes one; one that is gone already is fine. */
  delete(aws: Account, id: string, state: Properties): Promise<void>;
}

/** The update of a kind whose every change makes a new resource. */
export function neverUpdated(): Promise<void> {
  return Promise.reject(new Error("every change of it makes a new one"));
}

/** How the tags of an existing resource change. */
interface Tagging {
  /** The output that is the resource's ARN. */
  readonly arn: string;
  set(aws: Account, resource: Tagged, tags: Tag[]): Promise<unknown>;
  remove(aws: Account, resource: Tagged, keys: string[]): Promise<unknown>;
}

/** What names a resource that has tags. */
interface Tagged {
  readonly id: string;
  readonly arn: string;
}

/** A tag as AWS's APIs have it. */
export interface Tag {
  Key: string;
  Value: string;
}

/** Tags as a list. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The other way round. */
export function tagMap(
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
}
