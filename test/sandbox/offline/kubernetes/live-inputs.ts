import { at, isObject, objectAt, type Properties, textAt, type Value } from "../values";

/** Fields that the API server owns, which no program writes. */
const serverMetadata = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];

/**
 * The inputs that a live object amounts to, for a refresh: the fields that the program has set, with the values that
 * they have now. Fields that others or defaults have added are no inputs. A field that is gone from the object is gone
 * from the inputs, so that the next update puts it back.
 */
export function liveInputs(live: Properties, inputs: Properties): Properties {
  const seen = live["kind"] === "Secret" ? { ...live, stringData: decodeSecret(live, inputs) } : live;
  return keepKeys(seen, inputs);
}

/** The inputs of an object that Pulumi has not written itself (an import): all but what the API server adds. */
export function importedInputs(live: Properties): Properties {
  const { status: _status, metadata, ...rest } = live;
  const kept = Object.entries(objectAt({ metadata: metadata ?? {} }, "metadata"));
  return { ...rest, metadata: Object.fromEntries(kept.filter(([key]) => !serverMetadata.includes(key))) };
}

function keepKeys(live: Properties, inputs: Properties): Properties {
  const kept: Properties = {};
  for (const [key, input] of Object.entries(inputs)) {
    const now = keep(live[key], input, key);
    if (now !== undefined) {
      kept[key] = now;
    }
  }
  return kept;
}

function keep(live: Value | undefined, input: Value, key: string): Value | undefined {
  if (live === undefined || live === null) {
    // The API server leaves empty values out, which is no change.
    return isEmpty(input) ? input : undefined;
  }
  if (isObject(live) && isObject(input)) {
    return quantityMaps.has(key) ? keepQuantities(live, input) : keepKeys(live, input);
  }
  if (Array.isArray(live) && Array.isArray(input)) {
    return live.map((item, index) => {
      const before = input[index];
      return before === undefined ? item : (keep(item, before, key) ?? item);
    });
  }
  return live;
}

/** The maps whose values are resource quantities, which the API server rewrites: `1000m` becomes `1`. */
const quantityMaps: ReadonlySet<string> = new Set(["limits", "requests", "hard", "capacity"]);

function keepQuantities(live: Properties, inputs: Properties): Properties {
  const kept = keepKeys(live, inputs);
  for (const [key, input] of Object.entries(inputs)) {
    const now = kept[key];
    if (now !== undefined && parseQuantity(now) === parseQuantity(input)) {
      kept[key] = input;
    }
  }
  return kept;
}

const multipliers: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The number that a resource quantity stands for, or the value itself where it is none (API reference, Quantity). */
export function parseQuantity(value: Value): Value {
  if (typeof value !== "string" && typeof value !== "number") {
    return value;
  }
  const match = /^(?<number>[+-]?[\d.]+(?:[eE][+-]?\d+)?)(?<suffix>[A-Za-z]{0,2})$/.exec(String(value));
  const multiplier = multipliers[match?.groups?.["suffix"] ?? "?"];
  const number = Number(match?.groups?.["number"]);
  // Rounded, because 0.1 * 1000 and 100 are the same quantity.
  return multiplier === undefined || Number.isNaN(number) ? value : Number((number * multiplier).toPrecision(15));
}

function isEmpty(value: Value): boolean {
  if (isObject(value) || Array.isArray(value)) {
    return Object.values(value).every(isEmpty);
  }
  return value === null || value === "" || value === 0 || value === false;
}

/** `stringData` can only be written: what it has become is in `data`. */
function decodeSecret(live: Properties, inputs: Properties): Properties {
  return Object.fromEntries(
    Object.keys(objectAt(inputs, "stringData"))
      .filter((key) => at(live, "data", key) !== undefined)
      .map((key) => [key, Buffer.from(textAt(live, "data", key), "base64").toString("utf8")]),
  );
}
