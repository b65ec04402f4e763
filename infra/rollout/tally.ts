import type { Event } from "./objects";

/** Events that say the same, counted. */
export interface Tally {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** When it happened last, in ISO 8601. */
  readonly last: string;
  readonly object: Event["involvedObject"];
}

/** Counts events by what they say, oldest first. */
export function tally(events: readonly Event[]): Tally[] {
  const tallies = new Map<string, Tally>();
  for (const {
    type,
    reason,
    message: told,
    count,
    series,
    lastTimestamp,
    eventTime,
    involvedObject: object,
  } of events) {
    const message = withoutVariety(told, object);
    const key = JSON.stringify([type, reason, message, object.kind, object.name, object.fieldPath]);
    const before = tallies.get(key);
    const last = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? "";
    tallies.set(key, {
      ...{ type, reason, message, object },
      count: (before?.count ?? 0) + (series?.count ?? count ?? 1),
      last: before === undefined || before.last < last ? last : before.last,
    });
  }
  return [...tallies.values()].sort((a, b) => (a.last < b.last ? -1 : Number(a.last > b.last)));
}

/**
 * An event's message without what differs from one event to the next: the port that a probe connects from, a sandbox's
 * identifier, the name of each pod that a ReplicaSet couldn't make, and what Kubernetes says before it combines events.
 */
function withoutVariety(message: string, { kind, name }: Tally["object"]): string {
  const told = message
    .replace(/^\(combined from similar events\): /, "")
    .replaceAll(/\b(read|write) tcp \S+->/g, "$1 tcp …->")
    .replaceAll(/(?<!sha256:)\b[0-9a-f]{64}\b/g, "…")
    .trim();
  return kind === "ReplicaSet" ? told.replaceAll(new RegExp(`"${name}-[a-z0-9]+"`, "g"), `"${name}-…"`) : told;
}
