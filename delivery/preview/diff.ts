import type { Part } from "../../common";

/** What `pulumi preview --json` writes instead of a secret (`MassageSecrets` in Pulumi's display package). */
export const secret = "[secret]";

/** What the engine writes for a value that it knows only after the update: the SDK's `runtime.unknownValue`. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A property's old and new value; undefined where the property isn't there. */
export interface PropertyChange {
  readonly path: readonly Part[];
  readonly old: unknown;
  readonly new: unknown;
}

/**
 * The leaves that differ between two JSON values, in the order of the new one's keys.
 *
 * A secret on one side hides the other side too. Otherwise a value that has just been encrypted would show as the old value.
 * Keys that start with `__` belong to the engine and the providers, and are left out.
 */
export function diff(old: unknown, next: unknown, path: readonly Part[] = []): PropertyChange[] {
  if (old === secret || next === secret) {
    const masked = (value: unknown) => (value === undefined ? undefined : secret);
    return old === next ? [] : [{ path, old: masked(old), new: masked(next) }];
  }
  const [before, after] = [entries(old), entries(next)];
  if (before && after && Array.isArray(old) === Array.isArray(next)) {
    const keys = new Set([...after.keys(), ...before.keys()]);
    return [...keys].flatMap((key) => diff(before.get(key), after.get(key), [...path, key]));
  }
  if (old !== undefined && next !== undefined && !before && !after) {
    return old === next ? [] : [{ path, old, new: next }];
  }
  return [
    ...leaves(old, path).map(([at, value]) => ({ path: at, old: value, new: undefined })),
    ...leaves(next, path).map(([at, value]) => ({ path: at, old: undefined, new: value })),
  ];
}

/** The value at a path. Everything below a secret is a secret, and everything below an unknown value is unknown. */
export function lookUp(value: unknown, path: readonly Part[]): unknown {
  return path.reduce<unknown>(
    (parent, part) => (parent === secret || parent === unknown ? parent : entries(parent)?.get(part)),
    value,
  );
}

/** What is inside a list or an object; undefined for anything else. */
function entries(value: unknown): Map<Part, unknown> | undefined {
  if (Array.isArray(value)) {
    return new Map(value.map((item: unknown, index) => [index, item]));
  }
  return typeof value === "object" && value !== null
    ? new Map(Object.entries(value).filter(([key]) => !key.startsWith("__")))
    : undefined;
}

function leaves(value: unknown, path: readonly Part[]): [readonly Part[], unknown][] {
  const inner = entries(value);
  if (inner === undefined || inner.size === 0) {
    return value === undefined ? [] : [[path, value]];
  }
  return [...inner].flatMap(([key, item]) => leaves(item, [...path, key]));
}
