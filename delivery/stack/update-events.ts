import { readFileSync } from "node:fs";
import { z } from "zod";

/** What the engine's events say about an update. */
export interface Told {
  /** Whether the update changed a resource, or may have. */
  readonly changed: boolean;
  /** Whether the update built and pushed the image that the stack runs. Another build of the same content may be quicker. */
  readonly built: boolean;
  /** The stack's output `image`; undefined where the update ended before it had one. */
  readonly image: string | undefined;
  /** The stack's output `url`, if it leads to the service from outside of the cluster. */
  readonly url: string | undefined;
}

const resource = z.object({ custom: z.boolean().default(false), outputs: z.unknown().optional() });
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

const imageType = "docker-build:index:Image";

/** Pushing an image changes nothing that runs, and neither does a migration: the pods change after it, and only if it succeeds. */
const beforePods = [imageType, "kubernetes:batch/v1:Job"];

/** Operations that end with an image that was built and pushed. */
const builds = ["create", "create-replacement", "update"];

const stackOutputs = z.object({
  image: z.string(),
  url: z.string().optional(),
  // It is there beside a URL outside of the cluster.
  internalUrl: z.string().optional(),
});
const buildOutputs = z.object({ digest: z.string() });

/** Reads the file that `--event-log` wrote. */
export function readEvents(log: string): Told {
  const { events, torn } = parse(log);
  const done = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []);
  const stack = done.findLast(({ type }) => type === "pulumi:pulumi:Stack");
  const { image, url, internalUrl } = stackOutputs.safeParse(stack?.new?.outputs).data ?? {};
  const pushed = done
    .filter(({ op, type }) => type === imageType && builds.includes(op))
    .map(({ new: next }) => buildOutputs.safeParse(next?.outputs).data?.digest);
  return {
    changed: torn || [...events.flatMap(endedOrTried), ...unfinished(events)].some(changes),
    built: image !== undefined && pushed.includes(image.slice(image.indexOf("@") + 1)),
    image,
    url: internalUrl === undefined ? undefined : url,
  };
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
