import type { TestContext } from "node:test";

/** Whatever waits for an output that fails does so too, each by itself, and the test runner would call all of them bugs. */
export function collectRejections(t: TestContext): unknown[] {
  const errors: unknown[] = [];
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", (error) => errors.push(error));
  t.after(async () => {
    // Node tells of them between two turns of the event loop.
    await new Promise(setImmediate);
    process.removeAllListeners("unhandledRejection");
    others.forEach((listener) => process.on("unhandledRejection", listener));
  });
  return errors;
}
