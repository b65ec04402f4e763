import { z } from "zod";
import { parsePath } from "../../common";
import { diff, lookUp, type PropertyChange, secret, unknown } from "./diff";

const properties = z.record(z.string(), z.unknown());

const state = z.object({ type: z.string(), inputs: properties.default({}), outputs: properties.default({}) });

const step = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: state.optional(),
  newState: state.optional(),
  /** Property path → how the property changes, as the provider reports it; `null` where the provider reports nothing. */
  detailedDiff: z.record(z.string(), z.object({ kind: z.string(), inputDiff: z.boolean() })).nullish(),
});

/** The part of `PreviewDigest` (Pulumi's `pkg/display`) that delivery reads. */
const digest = z.object({
  steps: z.array(step).default([]),
  diagnostics: z.array(z.object({ message: z.string().default(""), severity: z.string().default("info") })).default([]),
  changeSummary: z.record(z.string(), z.number()).default({}),
});

/** What `pulumi preview --json` says. */
export type Preview = z.infer<typeof digest>;

/** What a preview plans for one resource. */
export interface ResourceChange {
  /** `create`, `update`, `replace`, `delete`, …: the CLI's name for it. */
  readonly op: string;
  readonly type: string;
  readonly name: string;
  readonly properties: readonly PropertyChange[];
}

/** Reads the output of `pulumi preview --json`. Undefined for any other text: the CLI stopped before the preview began. */
export function parsePreview(text: string): Preview | undefined {
  try {
    return digest.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      return undefined;
    }
    throw error;
  }
}

/** Steps that change nothing, and the two steps that a `replace` of the same resource stands for. */
const quiet = ["same", "refresh", "read", "read-replacement", "discard", "discard-replaced"];
const partsOfReplace = ["create-replacement", "delete-replaced"];

/** What a preview would change, in the engine's order. */
export function changes({ steps }: Preview): ResourceChange[] {
  const replaced = new Set(steps.filter(({ op }) => op === "replace").map(({ urn }) => urn));
  return steps
    .filter(({ op, urn }) => !quiet.includes(op) && !(partsOfReplace.includes(op) && replaced.has(urn)))
    .map((planned) => ({
      op: planned.op,
      type: planned.newState?.type ?? planned.oldState?.type ?? "",
      name: planned.urn.split("::").slice(3).join("::"),
      properties: propertyChanges(planned),
    }));
}

/** The properties that the provider says differ. Where the provider says nothing, all inputs that differ. */
function propertyChanges({ oldState, newState, detailedDiff }: z.infer<typeof step>): PropertyChange[] {
  if (detailedDiff == null || oldState === undefined || newState === undefined) {
    return diff(oldState?.inputs ?? {}, newState?.inputs ?? {});
  }
  return Object.entries(detailedDiff).flatMap(([text, { kind }]) => {
    const path = parsePath(text);
    // No input sets a property that the provider computes, such as a hash. Only the outputs have it.
    const old = lookUp(oldState.inputs, path) ?? lookUp(oldState.outputs, path);
    const planned = lookUp(newState.inputs, path) ?? lookUp(newState.outputs, path);
    const next = planned === undefined && kind.startsWith("update") ? unknown : planned;
    const found = diff(old, next, path);
    return found.length > 0 ? found : [{ path, old, new: next }];
  });
}

/** The image that a preview finds in the stack, and the one that it would deploy. */
export interface Images {
  /** The stack's output `image`; undefined before the first update. */
  readonly old: unknown;
  /** Tag of the content of the one that the preview would deploy. Undefined for an image that is given by digest. */
  readonly tag: string | undefined;
  /** The containers' images. {@link unknown} is one that the update will push, {@link secret} one that is hidden. */
  readonly new: readonly unknown[];
}

/** What infra/image/binaries/verified-binaries.ts remembers of an image that was built. */
const tagged = z.object({ input: z.object({ tag: z.string() }) });

/** Finds the image that runs and those that the preview would deploy. */
export function images({ steps }: Preview): Images {
  const stack = steps.find(({ oldState }) => oldState?.type === "pulumi:pulumi:Stack");
  const containers = steps
    .filter(({ op }) => op !== "delete" && op !== "refresh")
    .map(({ newState }) => lookUp(newState?.inputs, ["spec", "template", "spec", "containers"]))
    .flatMap((found) =>
      Array.isArray(found) ? found.map((each) => lookUp(each, ["image"])) : found === secret ? [secret] : [],
    );
  return {
    old: stack?.oldState?.outputs["image"],
    tag: steps
      .map(({ newState }) => tagged.safeParse(newState?.inputs).data?.input.tag)
      .find((tag) => tag !== undefined),
    new: [...new Set(containers)].filter((image) => image !== undefined),
  };
}

/** A base image that a preview would build from. */
export interface Base {
  /** The image of the Dockerfile. */
  readonly name: string;
  /** `docker-image://host/path@sha256:…` of the last build; undefined where that build had no such base. */
  readonly old: string | undefined;
  /** The same of the planned build. */
  readonly new: string;
}

const namedContexts = z.record(z.string(), z.object({ location: z.string() }));

/** Finds the base images of what a preview would build. */
export function bases({ steps }: Preview): Base[] {
  const named = (inputs: unknown) => namedContexts.safeParse(lookUp(inputs, ["context", "named"])).data ?? {};
  const found = steps
    .filter(({ op, newState }) => !quiet.includes(op) && newState?.type === "docker-build:index:Image")
    .flatMap(({ oldState, newState }) => {
      const before = named(oldState?.inputs);
      return Object.entries(named(newState?.inputs)).map(([name, { location }]): Base => ({
        name,
        old: before[name]?.location,
        new: location,
      }));
    });
  // A replacement has several steps of the same build.
  return [...new Map(found.map((base) => [base.name, base])).values()];
}
