import * as pulumi from "@pulumi/pulumi";
import "@pulumi/pulumi/runtime/state";

/** A resource as it was registered. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A call of a provider's function. */
export interface Called {
  readonly token: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What an unknown value is registered as in a preview. */
export const unknown = pulumi.unknown;

/** The engine's function that reads a stack's state. */
export const readState = "pulumi:pulumi:readStackResourceOutputs";

/** The digest that the mocked registry gives to an image that was pushed. */
export const pushedDigest = `sha256:${"d".repeat(64)}`;

/** An index of two platforms, and an attestation as BuildKit adds it. */
export const index = [
  { os: "linux", architecture: "amd64", sha256Digest: `sha256:${"a".repeat(64)}` },
  { os: "linux", architecture: "arm64", sha256Digest: `sha256:${"b".repeat(64)}` },
  { os: "unknown", architecture: "unknown", sha256Digest: `sha256:${"c".repeat(64)}` },
];

/** How the engine and the providers answer. */
export interface Answers {
  readonly preview?: boolean;
  /** Whether the engine calls the hooks of each resource, as it does where an update makes or changes them all. */
  readonly callsHooks?: boolean;
  /** What the registry holds of every image. */
  readonly manifests?: typeof index;
  /** What functions return or fail with, by token; an empty object otherwise. */
  readonly functions?: Readonly<Record<string, object>>;
  /** What resources have beyond their inputs after an update, by type. */
  readonly outputs?: Readonly<Record<string, (inputs: Readonly<Record<string, unknown>>) => object>>;
  /** What the stack's last update recorded, by URN; nothing otherwise. */
  readonly state?: Readonly<Record<string, { readonly type: string; readonly outputs: unknown }>>;
  /** The outputs of other stacks, by the stack's name. */
  readonly stacks?: Readonly<Record<string, object>>;
  /** Those of them that are secrets, by name. */
  readonly secretOutputs?: readonly string[];
}

/** The engine and every provider, in memory. Outputs are the inputs; of an image, after an update, its digest too. */
export class Mocks implements pulumi.runtime.Mocks {
  readonly resources: Registered[] = [];
  readonly calls: Called[] = [];
  /** What the engine calls before it makes or changes a resource, by name. */
  readonly hooks = new Map<string, () => Promise<void>>();
  /** What the engine calls once it has failed to make or change a resource, by name. */
  readonly errorHooks = new Map<string, pulumi.ErrorHook["callback"]>();
  /** The explicit provider's name of everything that was registered or called and has one, by its name or token. */
  readonly providers = new Map<string, string>();

  private constructor(private readonly answers: Answers) {}

  /** Takes the place of the engine for a stack of project `ping`, until the next one does. */
  static async start({ stack = "dev", ...answers }: Answers & { readonly stack?: string } = {}): Promise<Mocks> {
    const mocks = new Mocks(answers);
    await pulumi.runtime.setMocks(mocks, "ping", stack, answers.preview ?? false, "organization");
    // The SDK's own would start a server, for an engine to call.
    Object.assign(globalStore, { callbacks: mocks });
    return mocks;
  }

  async newResource({
    type,
    name,
    inputs,
    provider,
  }: pulumi.runtime.MockResourceArgs): Promise<pulumi.runtime.MockResourceResult> {
    const given = inputs as Record<string, unknown>;
    this.resources.push({ type, name, inputs: given });
    this.noteProvider(name, provider);
    const { preview, callsHooks, outputs, stacks = {}, secretOutputs = [] } = this.answers;
    if (callsHooks) {
      await this.hooks.get(name)?.();
    }
    if (type === "pulumi:pulumi:StackReference") {
      const stack = String(given["name"]);
      return { id: stack, state: { name: stack, outputs: stacks[stack] ?? {}, secretOutputNames: [...secretOutputs] } };
    }
    const known: Answers["outputs"] = { "docker-build:index:Image": () => ({ digest: pushedDigest }), ...outputs };
    const more = Object.entries(known).find(([key]) => key === type)?.[1];
    // The engine itself keeps a stash, and knows its output in a preview too.
    const own = type === "pulumi:index:Stash" ? { output: given["input"] } : {};
    return { id: `${name}-id`, state: { ...given, ...own, ...(preview ? {} : more?.(given)) } };
  }

  call({ token, inputs, provider }: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    const given = inputs as Record<string, unknown>;
    this.calls.push({ token, inputs: given });
    this.noteProvider(token, provider);
    const { functions, manifests = index, state = {} } = this.answers;
    const answer = {
      "docker:index/getRegistryImageManifests:getRegistryImageManifests": { manifests },
      [readState]: { outputs: state },
      ...functions,
    }[token];
    if (answer instanceof Error) {
      // What the SDK reads of a gRPC error.
      throw Object.assign(answer, { details: answer.message });
    }
    return { ...given, ...answer };
  }

  /** Takes the place of the SDK's. */
  registerResourceHook({ name, callback }: pulumi.ResourceHook): Promise<void> {
    this.hooks.set(name, async () => callback({ urn: "", id: "", name, type: "" }));
    return Promise.resolve();
  }

  /** Takes the place of the SDK's. */
  registerErrorHook({ name, callback }: pulumi.ErrorHook): Promise<void> {
    this.errorHooks.set(name, callback);
    return Promise.resolve();
  }

  awaitStackRegistrations(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): void {
    // Nothing was started.
  }

  private noteProvider(name: string, provider = ""): void {
    if (provider !== "") {
      this.providers.set(name, provider.split("::").at(-2) ?? "");
    }
  }

  /** Everything that was registered, once nothing more is under way, by type and name. */
  async registered(): Promise<string[]> {
    await pulumi.runtime.disconnect();
    return this.resources.map(({ type, name }) => `${type} ${name}`).sort();
  }

  /** The inputs of the only resource of a type, or of a type and a name. */
  inputs(type: string, name?: string): Readonly<Record<string, unknown>> {
    const [found, ...others] = this.resources.filter(
      (resource) => resource.type === type && (name === undefined || resource.name === name),
    );
    if (found === undefined || others.length > 0) {
      throw new Error(`expected one ${type} among ${this.resources.map((resource) => resource.type).join(", ")}`);
    }
    return found.inputs;
  }
}

/** Waits for an output. Rejects with its error; an unknown value is {@link unknown}. */
export async function promiseOf<T>(output: pulumi.Input<T>): Promise<unknown> {
  const { value } = await pulumi.runtime.serializeProperties("test", { value: output });
  return value === pulumi.runtime.unknownValue ? unknown : value;
}
