import { containsUnknown, isObject, unknownString, type Value } from "../values";

/** A JSON document as text, whether the program gave text or an object. */
export function documentText(value: Value): Value {
  if (!isObject(value)) {
    return value;
  }
  return containsUnknown(value) ? unknownString : JSON.stringify(value);
}

/**
 * A document in a form in which two that mean the same are the same: keys sorted, and, as in IAM's policies, lists of
 * strings without order, one string instead of a list of one. What is no JSON stays as it is.
 */
export function comparableDocument(text: Value): Value {
  if (typeof text !== "string") {
    return text;
  }
  try {
    return JSON.stringify(canonical(JSON.parse(text) as Value));
  } catch {
    return text;
  }
}

function canonical(value: Value): Value {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    const strings = items.every((item) => typeof item === "string");
    return strings && items.length === 1 ? (items[0] ?? null) : strings ? items.sort() : items;
  }
  if (!isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]));
}
