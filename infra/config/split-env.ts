import { z } from "zod";

type Variables = Readonly<Record<string, string>>;

const record = z.record(z.string(), z.unknown());

/**
 * Splits the variables of an `env` of which a part is encrypted.
 *
 * The engine names only the top-level keys that hold an encrypted part, and passes every value decrypted. The stack's
 * file tells which variables are plain: those whose value stands in it as text. Every other variable counts as encrypted. So
 * do all that come from an ESC environment, or from the file of `--config-file`.
 *
 * @param texts The `env` of that file, with its scalars as texts. An encrypted one is the object `{secure: …}`.
 */
export function splitEnv(
  variables: Variables,
  texts: unknown,
): { readonly env: Variables; readonly encryptedEnv: Variables } {
  const plain = record.safeParse(texts).data ?? {};
  const isPlain = ([name, value]: [string, string]) => plain[name] === value;
  const entries = Object.entries(variables);
  return {
    env: Object.fromEntries(entries.filter(isPlain)),
    encryptedEnv: Object.fromEntries(entries.filter((entry) => !isPlain(entry))),
  };
}
