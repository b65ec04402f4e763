import { isDeepStrictEqual } from "node:util";
import { isObject, type Properties, textAt, type Value } from "../values";
import { type Account, explained } from "./account";
import { lifecyclePolicy, repository, repositoryPolicy } from "./ecr";
import { podIdentityAssociation } from "./eks";
import { openIdConnectProvider, role, rolePolicy, rolePolicyAttachment } from "./iam";
import { type Kind, tagList } from "./kind";

const kinds: Readonly<Record<string, Kind>> = {
  "aws:ecr/repository:Repository": repository,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": lifecyclePolicy,
  "aws:ecr/repositoryPolicy:RepositoryPolicy": repositoryPolicy,
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": podIdentityAssociation,
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": openIdConnectProvider,
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
};

/**
 * The kind of a resource.
 * @throws Error for one that the stand-in doesn't have.
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

/** The inputs that the stand-in doesn't have, and those that it needs and aren't given: it has no defaults. */
export function refusedInputs(kind: Kind, inputs: Properties): Refusal[] {
  const refusal = (says: string) => (property: string) => ({
    property,
    reason: `the AWS stand-in ${says} ${property} of an ${kind.title}`,
  });
  return [
    ...Object.keys(inputs)
      .filter((key) => !(key in kind.inputs))
      .map(refusal("doesn't have")),
    ...Object.keys(kind.inputs)
      .filter((key) => !(key in inputs))
      .map(refusal("needs")),
  ];
}

/**
 * The inputs that differ between two updates, and `tagsAll` where the provider's default tags have changed. Policies that
 * mean the same are the same.
 */
export function changedInputs(
  kind: Kind,
  state: Properties,
  olds: Properties,
  news: Properties,
  defaultTags: Readonly<Record<string, string>>,
): string[] {
  const changed = Object.keys(kind.inputs).filter((key) => !meansTheSame(olds[key], news[key]));
  const retagged = kind.tagging !== undefined && !isDeepStrictEqual(state["tagsAll"], defaultTags);
  return retagged ? [...changed, "tagsAll"] : changed;
}

/**
 * Which of the changed inputs make a new resource, and whether the old one is deleted first: the new one then has the same
 * id.
 */
export function replacement({ inputs }: Kind, changed: readonly string[]): { because: string[]; deleteFirst: boolean } {
  const because = changed.filter((key) => inputs[key] === "names" || inputs[key] === "replaces");
  return { because, deleteFirst: because.length > 0 && !changed.some((key) => inputs[key] === "names") };
}

/** Whether two values are equal, or the same JSON in another format: AWS writes a policy in its own. */
function meansTheSame(one: Value | undefined, other: Value | undefined): boolean {
  return isDeepStrictEqual(parsed(one), parsed(other));
}

function parsed(value: Value | undefined): unknown {
  return typeof value === "string" && value.startsWith("{") ? JSON.parse(value) : value;
}

/** What the stand-in does with resources, apart from the protocol that asks for it. */
export class Resources {
  constructor(private readonly aws: Account) {}

  /** What is known of a resource before it is written: its inputs, its tags, and of an existing one its outputs. */
  preview(type: string, olds: Properties, news: Properties): Properties {
    const tagged = kindOf(type).tagging !== undefined;
    return { ...olds, ...news, ...(tagged ? { tagsAll: { ...this.aws.defaultTags } } : {}) };
  }

  async create(type: string, inputs: Properties): Promise<{ id: string; outputs: Properties }> {
    const kind = kindOf(type);
    const id = await explained(`creating ${kind.title}`, () => kind.create(this.aws, inputs));
    return { id, outputs: await this.written(kind, id, inputs) };
  }

  async update(type: string, id: string, state: Properties, news: Properties): Promise<Properties> {
    const kind = kindOf(type);
    await explained(`updating ${kind.title} (${id})`, async () => {
      await kind.update(this.aws, id, state, news);
      await this.retag(kind, id, state);
    });
    return this.written(kind, id, news);
  }

  /** A resource as it is now; undefined where it is gone. Inputs that mean the same are those of before. */
  async read(
    type: string,
    id: string,
    olds: Properties,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined> {
    const kind = kindOf(type);
    const live = await explained(`reading ${kind.title} (${id})`, () => kind.read(this.aws, id));
    if (live === undefined) {
      return undefined;
    }
    // AWS knows nothing of forceDelete.
    const seen = { ...olds, ...live };
    const inputs = Object.fromEntries(
      Object.keys(kind.inputs).map((key): [string, Value] => [
        key,
        (meansTheSame(olds[key], seen[key]) ? olds[key] : seen[key]) ?? null,
      ]),
    );
    return { outputs: { ...live, ...inputs }, inputs };
  }

  async delete(type: string, id: string, state: Properties): Promise<void> {
    const kind = kindOf(type);
    await explained(`deleting ${kind.title} (${id})`, () => kind.delete(this.aws, id, state));
  }

  private async retag({ tagging }: Kind, id: string, state: Properties): Promise<void> {
    if (tagging === undefined) {
      return;
    }
    const wanted = this.aws.defaultTags;
    const present = isObject(state["tagsAll"]) ? state["tagsAll"] : {};
    const resource = { id, arn: textAt(state, tagging.arn) };
    const superfluous = Object.keys(present).filter((key) => !(key in wanted));
    const missing = tagList(wanted).filter(({ Key, Value }) => present[Key] !== Value);
    if (superfluous.length > 0) {
      await tagging.remove(this.aws, resource, superfluous);
    }
    if (missing.length > 0) {
      await tagging.set(this.aws, resource, missing);
    }
  }

  private async written(kind: Kind, id: string, inputs: Properties): Promise<Properties> {
    const live = await explained(`reading ${kind.title} (${id})`, () => kind.read(this.aws, id));
    if (live === undefined) {
      throw new Error(`reading ${kind.title} (${id}): couldn't find resource`);
    }
    return { ...live, ...inputs };
  }
}
