import { RunError } from "@pulumi/pulumi/errors";

/**
 * An error whose message tells the user everything: Pulumi prints only the message.
 *
 * The error has no stack. Pulumi would format it without showing it. With a frame such as
 * `node_modules/@pulumi/resource.ts`, a source map's name for the SDK's files, Node.js takes 15 s and a gigabyte for
 * that (nodejs/node#64011).
 */
export class Failure extends RunError {
  constructor(message: string) {
    super(message);
    this.stack = message;
    // The SDK puts the name of each property that waits for the failed value in front of the message, of the same error.
    Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
