import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { type Debuggable, withoutStacks } from "../../../loader/promise-stacks";

const frames = () => (new Error("here").stack ?? "").split("\n").length - 1;

test("the SDK's promises have frames only for PULUMI_DEBUG_PROMISE_LEAKS, and every other error has its own", () => {
  const program = `
    require("@pulumi/pulumi");
    const frames = (stack) => stack.split("\\n").length > 1;
    const promise = Promise.resolve();
    void require("@pulumi/pulumi/runtime/debuggable").debuggablePromise(promise, "a context");
    process.stdout.write(JSON.stringify([frames(promise._debugStackTrace), frames(new Error("here").stack)]));
  `;
  const run = (PULUMI_DEBUG_PROMISE_LEAKS: string) =>
    execFileSync(process.execPath, ["--require", "./loader", "--eval", program], {
      encoding: "utf8",
      env: { ...process.env, PULUMI_DEBUG_PROMISE_LEAKS },
    });
  assert.equal(run(""), "[false,true]");
  assert.equal(run("true"), "[true,true]");
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
