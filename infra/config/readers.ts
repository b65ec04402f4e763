import { z } from "zod";
import { parseQuantity } from "../../common";
import { Misread } from "./misread";

/** Reads an allowed value. Undefined for any other value. */
export type Reader<T> = (input: unknown) => T | undefined;

/**
 * The schema of a single value. All messages of the schema complete the sentence "the key must …".
 *
 * @param allowed Completes the sentence "the key must be …".
 */
export function value<T>(allowed: string, read: Reader<T>) {
  return z.unknown().transform((input, context): T => {
    const found = read(input);
    if (found !== undefined) {
      return found;
    }
    context.addIssue({ code: "custom", message: mustBe(allowed, read, input) });
    return z.NEVER;
  });
}

/** The message about a value that a reader refuses. If the reader takes what YAML made of a text, only quotes are missing. */
export function mustBe<T>(allowed: string, read: Reader<T>, input: unknown): string {
  return input instanceof Misread && read(input.value) !== undefined ? "be in quotes" : `be ${allowed}`;
}

/** A number or a boolean may be written in any way that YAML knows. */
const asRead = (input: unknown) => (input instanceof Misread ? input.value : input);

export const text: Reader<string> = (input) => (typeof input === "string" && input !== "" ? input : undefined);

export const parsed =
  <T>(parse: (text: string) => T | undefined): Reader<T> =>
  (input) =>
    typeof input === "string" ? parse(input) : undefined;

/** The engine passes a key's value as a string. A number inside an object stays a number. */
export const integer =
  (min: number, max: number): Reader<number> =>
  (input) => {
    const given = asRead(input);
    const number = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
    return typeof number === "number" && Number.isInteger(number) && min <= number && number <= max
      ? number
      : undefined;
  };

/**
 * `pulumi config set --path` and YAML turn a text that looks like a number or a boolean into one. This turns booleans
 * and safe integers back. It refuses other numbers: `1.10` has become 1.1, and a long number has lost its last digits. It
 * refuses a {@link Misread}, as every reader of texts does.
 */
export const scalar: Reader<string> = (input) =>
  typeof input === "boolean" || Number.isSafeInteger(input) ? String(input) : parsed((same) => same)(input);

export const quantity: Reader<string> = (input) => {
  const read = asRead(input);
  const given = typeof read === "number" ? String(read) : read;
  return typeof given === "string" && parseQuantity(given) !== undefined ? given : undefined;
};

/** The text itself if it has this form. */
export const matching = (form: RegExp): Reader<string> => parsed((given) => (form.test(given) ? given : undefined));

/** The engine passes a key's value as a string. A boolean inside an object stays a boolean. */
const boolean: Reader<boolean> = (input) => {
  const given = asRead(input);
  return given === true || given === "true" ? true : given === false || given === "false" ? false : undefined;
};

/** Refuses `400m` of memory: Kubernetes would accept it as 0.4 bytes. */
export const byteQuantity: Reader<string> = (input) => {
  const given = quantity(input);
  return given?.endsWith("m") ? undefined : given;
};

/** An object with these keys and no others. */
export function object<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, { error: `be an object with the keys ${Object.keys(shape).join(", ")}` });
}

/**
 * Refuses an object with none or several of some keys, for `superRefine`.
 *
 * @param section The object's own key.
 */
export const exactlyOne =
  <K extends string>(section: string, keys: readonly K[]) =>
  (given: Readonly<Partial<Record<K, unknown>>>, context: z.RefinementCtx): void => {
    const [first, ...others] = keys.filter((key) => given[key] !== undefined);
    if (first === undefined) {
      context.addIssue({ code: "custom", message: `have one of the keys ${keys.join(", ")}` });
    }
    for (const other of others) {
      context.addIssue({ code: "custom", path: [other], message: `be left out if ${section}.${String(first)} is set` });
    }
  };

/** The schema of `true` and `false`, by default `false`. */
export const flag = value("true or false", boolean).prefault(false);

/** The schema of an AWS account. It must be text: a number has lost its leading zeros. */
export const awsAccountId = value("an account number of AWS: 12 digits, in quotes", matching(/^\d{12}$/));
