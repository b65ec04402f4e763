/** A scalar that YAML has changed, such as `0123`, which is 83, and `2024-01-02`, which is a time. */
export class Misread {
  /**
   * @param text What the stack's file says.
   * @param value What the engine hands over.
   */
  constructor(
    readonly text: string,
    readonly value: unknown,
  ) {}

  /** For messages. */
  toString(): string {
    return `${this.text}, which YAML reads as ${JSON.stringify(this.value)}`;
  }
}

/**
 * A value in which each scalar that YAML has changed is a {@link Misread}.
 *
 * @param texts The same value, each scalar as the text that the stack's file has.
 */
export function markMisread(value: unknown, texts: unknown): unknown {
  if (typeof texts === "string") {
    const found = typeof value === "string" ? value : JSON.stringify(value);
    return isMisread(found, texts) ? new Misread(texts, value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((element: unknown, index) => markMisread(element, at(texts, String(index))));
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, markMisread(inner, at(texts, key))]))
    : value;
}

/**
 * Whether a value is what YAML made of a text. Only numbers, times and booleans change. A text that differs otherwise
 * comes from the file of `--config-file`.
 */
function isMisread(value: string, text: string): boolean {
  return /^[-+.]?\d|^(?:true|false)$/i.test(text) && isYamls(value) && value !== text && !isWhole(text);
}

/** Whether a value is a number, a boolean or a time, as the engine writes them. */
function isYamls(value: string): boolean {
  return /^(?:-?\d+(?:\.\d+)?(?:e[-+]\d+)?|true|false|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*)$/.test(value);
}

/** Whether a text is a whole number that YAML leaves as it is. */
function isWhole(text: string): boolean {
  return String(Number(text)) === text && Number.isSafeInteger(Number(text));
}

function at(texts: unknown, key: string): unknown {
  return typeof texts === "object" && texts !== null && Object.hasOwn(texts, key) ? Reflect.get(texts, key) : undefined;
}
