import assert from "node:assert/strict";
import { test } from "node:test";
import { type Debuggable, withoutStacks } from "../../../loader/promise-stacks";

const frames = () => (new Error("here").stack ?? "").split("\n").length - 1;

test("the SDK notes no frames with its promises, and every other error has its own", async () => {
  const noted: unknown[] = [];
  const debuggable: Debuggable = {
    debuggablePromise: async (promise, context) => {
      noted.push(context, frames());
      return promise;
    },
  };
  assert.equal(withoutStacks(debuggable), debuggable);
  const wrapped = debuggable.debuggablePromise;
  assert.equal(withoutStacks(debuggable).debuggablePromise, wrapped);

  assert.equal(await wrapped(Promise.resolve("value"), "a context"), "value");
  assert.deepEqual(noted, ["a context", 0]);
  assert.ok(frames() > 0);
});

test("an error that the SDK throws leaves other errors their frames", () => {
  const debuggable: Debuggable = {
    debuggablePromise: () => {
      throw new Error("no promise");
    },
  };
  const before = frames();
  assert.throws(() => void withoutStacks(debuggable).debuggablePromise(Promise.resolve(), ""), /^Error: no promise/);
  assert.equal(frames(), before);
});
