import { RunError } from "@pulumi/pulumi/errors";

/**
 * An error that explains itself to the user: Pulumi prints its message alone.
 *
 * It carries no stack either. Pulumi formats one all the same, and with a frame like `node_modules/@pulumi/resource.ts`,
 * which is how source maps name the SDK's files, Node.js does so for 15 s and a gigabyte (nodejs/node#64011).
 */
export class Failure extends RunError {
  constructor(message: string) {
    super(message);
    this.stack = message;
    // The SDK puts the name of every property that waits for the failed value in front, each time to the same error.
    Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
  }
}
