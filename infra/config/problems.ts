import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { formatPath } from "../../common";
import { Misread } from "./misread";
import { isText } from "./short-forms";
import type { Values } from "./unread-values";

/** A problem of a config value. */
export type Problem =
  /** `must` completes the sentence "the key must …". */
  | { readonly path: readonly PropertyKey[]; readonly must: string }
  /** An unknown key, and the known ones beside it. */
  | { readonly path: readonly PropertyKey[]; readonly known: readonly string[] };

/** Turns zod's issues into problems, one for each unknown key. */
export function problemsOf(error: z.ZodError, schema: z.ZodType): Problem[] {
  return error.issues.flatMap((issue): Problem[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: [...issue.path, key], known: knownKeys(schema, issue.path) }))
      : [{ path: issue.path, must: issue.message }],
  );
}

function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return knownKeys(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodArray) {
    return knownKeys(schema.element, path.slice(1));
  }
  const shape = isObjectSchema(schema) ? schema.shape : {};
  const [first, ...rest] = path;
  const next = shape[String(first)];
  return next === undefined ? Object.keys(shape) : knownKeys(next, rest);
}

function isObjectSchema(schema: z.core.$ZodType): schema is z.ZodObject<Readonly<Record<string, z.core.$ZodType>>> {
  return schema instanceof z.ZodObject;
}

/**
 * Describes a problem in a line: the full key, what is allowed, and the value unless it is a secret.
 *
 * @param project Namespace of the key.
 * @param values The config as it was given, with short forms.
 * @param encrypted Full names of the top-level keys of which the stack file encrypts a part.
 */
export function describe(problem: Problem, project: string, values: Values, encrypted: readonly string[]): string {
  // A text in place of an object has no parts: the problem is its own.
  const path = isText(values[String(problem.path[0])]) ? problem.path.slice(0, 1) : problem.path;
  const key = fullKey(project, path);
  if ("must" in problem) {
    const value = path.reduce<unknown>(
      (parent, part) => (isObject(parent) ? Reflect.get(parent, part) : undefined),
      values,
    );
    return value === undefined
      ? `${key} is missing: it must ${problem.must}`
      : `${key} must ${problem.must}; it is ${isSecret(path, value, encrypted.includes(`${project}:${String(path[0])}`)) ? "[secret]" : show(value)}`;
  }
  const last = String(path.at(-1));
  const [section = "", ...nested] = last.split(".");
  if (nested.length > 0 && problem.known.includes(section)) {
    const inner = formatPath([...path.slice(0, -1), section, ...nested]);
    return `${key} is unknown: set a key inside ${section} with pulumi config set --path ${inner}`;
  }
  const meant = fullKey(project, [...path.slice(0, -1), nearest(last, problem.known)]);
  return `${key} is unknown: did you mean ${meant}?`;
}

/** The known key with the smallest share of letters to change: `user` is nearer to `username` than to `url`. */
function nearest(key: string, known: readonly string[]): string {
  const share = (other: string) => distance(key, other) / Math.max(key.length, other.length);
  return known.reduce((best, other) => (share(other) < share(best) ? other : best));
}

/** A path below a project's config. Its first part is a config key, which Pulumi writes as it is. */
function fullKey(project: string, path: readonly PropertyKey[]): string {
  return `${project}:${path.length === 1 ? String(path[0]) : formatPath(path)}`;
}

/**
 * Whether a value may be a secret. The engine says only which top-level keys hold an encrypted part, so no part of them
 * is shown. The registry's URL is shown, because it stands in every image reference. A password and a build's secrets
 * are hidden in plain text too.
 */
function isSecret([key, inner]: readonly PropertyKey[], value: unknown, encrypted: boolean): boolean {
  if (key === "registry" && (inner === "password" || isObject(value))) {
    return true;
  }
  if (key === "build" && (inner === undefined || inner === "secrets")) {
    return true;
  }
  return encrypted && !(key === "registry" && inner === "url");
}

/** The value as JSON, without the password of a URL (`user:password@host`). */
function show(value: unknown): string {
  const shown =
    value instanceof Misread
      ? String(value)
      : JSON.stringify(value, (_, inner: unknown) => (inner instanceof Misread ? inner.value : inner));
  return shown.replace(/[^/"]+:[^/"]+@(?!sha256:)/, "[secret]@");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
