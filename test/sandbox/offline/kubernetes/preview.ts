import { isObject, objectAt, type Properties, textAt, unknownString, type Value } from "../values";

/** What only the API server can say about a new object, by the part of the object. */
const assigned: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "": { metadata: ["uid", "resourceVersion", "creationTimestamp", "generation"] },
  Service: { spec: ["clusterIP", "clusterIPs"] },
};

/**
 * The outputs that a preview promises for a new object: its inputs, and as unknown what the API server adds to them,
 * so that a program can refer to it. `answer` is what a dry run returned; its own values aren't final.
 */
export function previewCreation(inputs: Properties, answer: Properties = {}): Properties {
  const { status: _status, ...rest } = answer;
  const outputs = overlay(inputs, rest);
  for (const kind of ["", textAt(inputs, "kind")]) {
    for (const [part, fields] of Object.entries(assigned[kind] ?? {})) {
      const unknown = Object.fromEntries(fields.map((field) => [field, unknownString]));
      outputs[part] = { ...unknown, ...objectAt(outputs, part) };
    }
  }
  return outputs;
}

/** The outputs that a preview promises for a changed object: the dry run's, without what the update itself changes. */
export function previewUpdate(answer: Properties): Properties {
  const { status: _status, ...rest } = answer;
  const {
    resourceVersion: _version,
    generation: _generation,
    managedFields: _fields,
    ...metadata
  } = objectAt(rest, "metadata");
  return { ...rest, metadata };
}

function overlay(inputs: Properties, answer: Properties): Properties {
  const merged: Properties = { ...inputs };
  for (const [key, value] of Object.entries(answer)) {
    merged[key] = overlayValue(inputs[key], value);
  }
  return merged;
}

function overlayValue(input: Value | undefined, answer: Value): Value {
  if (input === undefined) {
    return unknownString;
  }
  if (isObject(input) && isObject(answer)) {
    return overlay(input, answer);
  }
  if (Array.isArray(input) && Array.isArray(answer) && input.length === answer.length) {
    return answer.map((item, index) => overlayValue(input[index], item));
  }
  return input;
}
