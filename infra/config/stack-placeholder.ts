/**
 * A text with the stack's name in place of each `{stack}`. One more pair of braces makes it a text: `{{stack}}` becomes
 * `{stack}`. Anything else in braces stays.
 */
export function withStack(text: string, stack: string): string {
  return text.replace(/\{(\{stack\})\}|\{stack\}/g, (_, literal?: string) => literal ?? stack);
}
