/** What is used of the SDK's module `runtime/debuggable`. */
export interface Debuggable {
  debuggablePromise: (promise: Promise<unknown>, context: unknown) => Promise<unknown>;
}

const done = new WeakSet<object>();

/**
 * The SDK notes a stack with each of its promises, and prints it only if PULUMI_DEBUG_PROMISE_LEAKS is set. To format
 * them, with source maps, takes 0.17 s of every preview. Without frames there is nothing to format.
 */
export function withoutStacks(debuggable: Debuggable): Debuggable {
  if (!done.has(debuggable)) {
    done.add(debuggable);
    const { debuggablePromise } = debuggable;
    debuggable.debuggablePromise = (promise, context) => {
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      try {
        return debuggablePromise(promise, context);
      } finally {
        Error.stackTraceLimit = limit;
      }
    };
  }
  return debuggable;
}
