import { type ListValue, Struct, Value as ProtoValue } from "google-protobuf/google/protobuf/struct_pb";

/** What a resource property can hold once secrets have been unwrapped: JSON. */
export type Value = null | boolean | number | string | Value[] | Properties;

/** A bag of named property values: the inputs or outputs of a resource, or any object inside them. */
export interface Properties {
  [key: string]: Value;
}

/**
 * What the engine sends in place of a value that is only known after an update (`UnknownStringValue` and its siblings
 * in Pulumi's sdk/go/common/resource/plugin/rpc.go).
 */
const unknowns: ReadonlySet<Value> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** The value that stands for an unknown string in a preview. */
export const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether `value` is an object, so neither null nor an array. */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `value` itself is only known after an update. */
export function isUnknown(value: Value | undefined): boolean {
  return value !== undefined && unknowns.has(value);
}

/** Whether anything inside `value` is only known after an update. */
export function containsUnknown(value: Value): boolean {
  if (Array.isArray(value)) {
    return value.some(containsUnknown);
  }
  return isObject(value) ? Object.values(value).some(containsUnknown) : isUnknown(value);
}

/** The value at `path` inside `value`, or undefined where the path leads nowhere. */
export function at(value: Value | undefined, ...path: readonly (string | number)[]): Value | undefined {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current) && typeof step === "number") {
      current = current[step];
    } else if (isObject(current) && Object.hasOwn(current, step)) {
      current = current[step];
    } else {
      return undefined;
    }
  }
  return current;
}

/** The text at `path`, or "" where there is none. */
export function textAt(value: Value | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The number at `path`, or `otherwise` where there is none. */
export function numberAt(otherwise: number, value: Value | undefined, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === "number" ? found : otherwise;
}

/** The object at `path`, or an empty one where there is none. */
export function objectAt(value: Value | undefined, ...path: readonly (string | number)[]): Properties {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** The objects in the list at `path`, or none. */
export function objectsAt(value: Value | undefined, ...path: readonly (string | number)[]): Properties[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

/** Decodes a protobuf struct; an absent one is an empty bag. */
export function fromStruct(struct: Struct | undefined): Properties {
  const properties: Properties = {};
  struct?.getFieldsMap().forEach((value, key) => {
    properties[key] = fromProto(value);
  });
  return properties;
}

/** Encodes a bag of properties for the engine. */
export function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties);
}

function fromProto(value: ProtoValue): Value {
  switch (value.getKindCase()) {
    case ProtoValue.KindCase.BOOL_VALUE:
      return value.getBoolValue();
    case ProtoValue.KindCase.NUMBER_VALUE:
      return value.getNumberValue();
    case ProtoValue.KindCase.STRING_VALUE:
      return value.getStringValue();
    case ProtoValue.KindCase.LIST_VALUE:
      return fromList(value.getListValue());
    case ProtoValue.KindCase.STRUCT_VALUE:
      return fromStruct(value.getStructValue());
    default:
      return null;
  }
}

function fromList(list: ListValue | undefined): Value[] {
  return list?.getValuesList().map(fromProto) ?? [];
}
