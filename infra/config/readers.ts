import { z } from "zod";
import { parseQuantity } from "../base";

/** Reads an allowed value, undefined for any other. */
export type Reader<T> = (input: unknown) => T | undefined;

/** A single value. Messages, here and below, say what is allowed and read on after "must". */
export function value<T>(allowed: string, read: Reader<T>) {
  return z.unknown().transform((input, context): T => {
    const found = read(input);
    if (found !== undefined) {
      return found;
    }
    context.addIssue({ code: "custom", message: `be ${allowed}` });
    return z.NEVER;
  });
}

export const text: Reader<string> = (input) => (typeof input === "string" && input !== "" ? input : undefined);

export const parsed =
  <T>(parse: (text: string) => T | undefined): Reader<T> =>
  (input) =>
    typeof input === "string" ? parse(input) : undefined;

/** Numbers arrive as strings where the whole value of a key is one, as numbers inside an object. */
export const integer =
  (min: number, max: number): Reader<number> =>
  (input) => {
    const number = typeof input === "string" && /^\d+$/.test(input) ? Number(input) : input;
    return typeof number === "number" && Number.isInteger(number) && min <= number && number <= max
      ? number
      : undefined;
  };

/**
 * `pulumi config set --path` and YAML turn what looks like a number or a boolean into one. Those that can be turned back
 * without a loss are; `1.10` has become 1.1 by now, and a long number has lost its last digits.
 */
export const scalar: Reader<string> = (input) =>
  typeof input === "boolean" || Number.isSafeInteger(input) ? String(input) : parsed((same) => same)(input);

export const quantity: Reader<string> = (input) => {
  const given = typeof input === "number" ? String(input) : input;
  return typeof given === "string" && parseQuantity(given) !== undefined ? given : undefined;
};

/** The text itself where it has this form. */
export const matching = (form: RegExp): Reader<string> => parsed((given) => (form.test(given) ? given : undefined));

/** Inside an object `pulumi config set --path` and YAML make one of it, elsewhere it stays a string. */
export const boolean: Reader<boolean> = (input) => {
  const given = String(input);
  return given === "true" || given === "false" ? given === "true" : undefined;
};

/** `400m` of memory is 0.4 bytes, which Kubernetes accepts. */
export const byteQuantity: Reader<string> = (input) => (String(input).endsWith("m") ? undefined : quantity(input));

/** An object with these keys and no others. */
export function object<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, { error: `be an object with the keys ${Object.keys(shape).join(", ")}` });
}
