import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** What a resource property can hold once secrets have been unwrapped: JSON. */
export type Value = null | boolean | number | string | Value[] | Properties;

/** A bag of named property values: the inputs or outputs of a resource, or any object inside them. */
export interface Properties {
  [key: string]: Value;
}

/** Whether `value` is an object, so neither null nor an array. */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at `path` inside `value`, or undefined where the path leads nowhere. */
function at(value: Value | undefined, path: readonly string[]): Value | undefined {
  return path.reduce((current, key) => (isObject(current) ? current[key] : undefined), value);
}

/** The text at `path`, or "" where there is none. */
export function textAt(value: Value | undefined, ...path: readonly string[]): string {
  const found = at(value, path);
  return typeof found === "string" ? found : "";
}

/** Whether there is a true at `path`. */
export function isTrueAt(value: Value | undefined, ...path: readonly string[]): boolean {
  return at(value, path) === true;
}

/** The texts in the list at `path`, or none. */
export function textsAt(value: Value | undefined, ...path: readonly string[]): string[] {
  const found = at(value, path);
  return Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
}

/** The objects in the list at `path`, or none. */
export function objectsAt(value: Value | undefined, ...path: readonly string[]): Properties[] {
  const found = at(value, path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

/** Decodes a protobuf struct; an absent one is an empty bag. */
export function fromStruct(struct: Struct | undefined): Properties {
  const found = struct?.toJavaScript();
  return isObject(found) ? found : {};
}

/** Encodes a bag of properties for the engine. */
export function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties);
}
