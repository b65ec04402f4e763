import * as pulumi from "@pulumi/pulumi";
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
    // What the SDK's runner does with such an error. Without it the SDK would object at the end to what waits for ever.
    await pulumi.log.error("an output failed, as it must");
  });
  return errors;
}
