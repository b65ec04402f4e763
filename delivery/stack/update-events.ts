import { readFileSync } from "node:fs";
import { z } from "zod";
import { deploymentType, hiding, imageType, type Resource, stackType } from "./state";

/** What the engine's events say about an update. */
export interface Told {
  /** Whether the update changed a resource, or may have. */
  readonly changed: boolean;
  /** Whether the update built and pushed an image. */
  readonly pushed: boolean;
  /** The resources as the update left them, also those that it didn't change. After a failure, those that it got to. */
  readonly resources: readonly Resource[];
  /**
   * Whether Pulumi hides something of what delivery reads of them. In events it hides the text of each secret of the config
   * wherever that text stands: with the password `ping`, the namespace is `[secret]-dev`.
   */
  readonly hidden: boolean;
}

const resource = z.object({
  custom: z.boolean().default(false),
  inputs: z.unknown().optional(),
  outputs: z.unknown().optional(),
});
const operation = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: resource.nullish(),
  new: resource.nullish(),
});
const event = z.object({
  resourcePreEvent: z.object({ metadata: operation }).optional(),
  resOutputsEvent: z.object({ metadata: operation }).optional(),
  /** 0: the provider did nothing, 1: it did a part, 2: nobody knows (`resource.Status` of Pulumi's SDK). */
  resOpFailedEvent: z.object({ metadata: operation, status: z.number() }).optional(),
});

type Event = z.infer<typeof event>;
type Operation = z.infer<typeof operation>;

/** Operations that change no resource. */
const harmless = [
  "same",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
];

/** Pushing an image changes nothing that runs, and neither does a migration: the pods change after it, and only if it succeeds. */
const beforePods = [imageType, "kubernetes:batch/v1:Job"];

/** Operations that end with an image that was built and pushed. */
const builds = ["create", "create-replacement", "update"];

/** Reads the file that `--event-log` wrote. */
export function readEvents(log: string): Told {
  const { events, torn } = parse(log);
  const done = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []);
  const resources = [...new Map(done.flatMap(left)).values()];
  return {
    changed: torn || [...events.flatMap(endedOrTried), ...unfinished(events)].some(changes),
    pushed: done.some(({ op, type }) => type === imageType && builds.includes(op)),
    resources,
    hidden: hiding.test(JSON.stringify(resources.filter(({ type }) => [stackType, deploymentType].includes(type)))),
  };
}

/** The resource that an operation left, by its URN; none where it removed one. */
function left({ urn, type, new: next }: Operation): [string, Resource][] {
  return next ? [[urn, { type, inputs: next.inputs, outputs: next.outputs }]] : [];
}

/**
 * The events, a line each, and whether the last line is half a line, because Pulumi was killed while it wrote it. There is no
 * file where the engine never began: the stack was locked or its config wrong.
 */
function parse(log: string): { readonly events: readonly Event[]; readonly torn: boolean } {
  try {
    const lines = readFileSync(log, "utf8").split("\n");
    const rest = lines.pop() ?? "";
    return { events: lines.map((line) => event.parse(JSON.parse(line))), torn: rest !== "" };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return { events: [], torn: false };
    }
    throw error;
  }
}

/** An operation that a provider has done, or of which it may have done a part. */
function endedOrTried({ resOutputsEvent: done, resOpFailedEvent: failed }: Event): Operation[] {
  const { metadata } = done ?? (failed?.status === 0 ? undefined : failed) ?? {};
  return metadata === undefined ? [] : [metadata];
}

/** Operations that began and of which no end is told, because Pulumi was killed. Nobody knows what the provider did. */
function unfinished(events: readonly Event[]): Operation[] {
  const ended = new Set(
    events.flatMap(({ resOutputsEvent, resOpFailedEvent }) => {
      const { metadata } = resOutputsEvent ?? resOpFailedEvent ?? {};
      return metadata === undefined ? [] : [key(metadata)];
    }),
  );
  return events.flatMap(({ resourcePreEvent: began }) =>
    began === undefined || ended.has(key(began.metadata)) ? [] : [began.metadata],
  );
}

const key = ({ op, urn }: Operation): string => `${op} ${urn}`;

function changes({ op, type, old, new: next }: Operation): boolean {
  return (
    !harmless.includes(op) &&
    !beforePods.includes(type) &&
    // Components, and providers, which aren't reported, are in the state alone.
    (next?.custom ?? old?.custom ?? false)
  );
}
