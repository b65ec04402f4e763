import type { TestContext } from "node:test";

/** What the variables were before the first test set them. */
const own = new Map<string, string | undefined>();

/** Gives a variable of this process a value, or takes it away. */
export function putVariable(name: string, value: string | undefined): void {
  if (value === undefined) {
    Reflect.deleteProperty(process.env, name);
  } else {
    process.env[name] = value;
  }
}

/** Sets a variable of this process until the test ends. */
export function setVariable(t: TestContext, name: string, value: string): void {
  if (!own.has(name)) {
    own.set(name, process.env[name]);
  }
  process.env[name] = value;
  t.after(() => putVariable(name, own.get(name)));
}
