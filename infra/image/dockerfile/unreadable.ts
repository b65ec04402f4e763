/** Thrown for a text that BuildKit refuses: a quote or a brace is missing, or a substitution is unknown. */
export class Unreadable extends Error {
  /** @param variable The one that `${NAME:?message}` asks for. */
  constructor(
    message: string,
    readonly variable?: string,
  ) {
    super(message);
  }
}

/** Calls a function. What it can't read goes to `otherwise`. */
export function attempt<T>(read: () => T, otherwise: (error: Unreadable) => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) {
      return otherwise(error);
    }
    throw error;
  }
}
