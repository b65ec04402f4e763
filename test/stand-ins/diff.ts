import { isObject, type Properties, type Value } from "./values";

/** Where a property is: keys of objects, and indexes of lists. */
export type PropertyPath = readonly (string | number)[];

/** One property that differs. */
export interface Change {
  readonly path: PropertyPath;
  readonly kind: "add" | "delete" | "update";
}

/**
 * What differs between two bags of inputs, as deep as it can be told, sorted by path within each object. A null counts
 * as absent, and lists are compared by position, as in the real provider's detailed diff.
 */
export function diffProperties(olds: Properties, news: Properties): Change[] {
  return diffObjects([], olds, news);
}

/** A path in Pulumi's notation: `spec.containers[0].image`, `metadata.labels["app.kubernetes.io/name"]`. */
export function formatPath(path: PropertyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") {
      return `${text}[${step}]`;
    }
    if (!/^[A-Za-z_$][\w$]*$/.test(step)) {
      return `${text}["${step.replace(/["\\]/g, "\\$&")}"]`;
    }
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

function diffObjects(path: PropertyPath, olds: Properties, news: Properties): Change[] {
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])].sort();
  return keys.flatMap((key) => diffValues([...path, key], olds[key], news[key]));
}

function diffValues(path: PropertyPath, old: Value | undefined, now: Value | undefined): Change[] {
  const before = old ?? undefined;
  const after = now ?? undefined;
  if (before === after) {
    return [];
  }
  if (before === undefined) {
    return [{ path, kind: "add" }];
  }
  if (after === undefined) {
    return [{ path, kind: "delete" }];
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const positions = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
    return positions.flatMap((index) => diffValues([...path, index], before[index], after[index]));
  }
  if (isObject(before) && isObject(after)) {
    return diffObjects(path, before, after);
  }
  return [{ path, kind: "update" }];
}
