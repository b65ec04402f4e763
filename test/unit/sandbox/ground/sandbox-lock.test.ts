import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inTurn, locked } from "../../../sandbox/ground/sandbox-lock";

const directory = mkdtempSync(join(tmpdir(), "lock-"));
const file = join(directory, "lock");
after(() => {
  rmSync(directory, { recursive: true });
});

test("a second holder is refused, and told who holds the lock", async () => {
  await locked(async () => {
    await assert.rejects(
      locked(() => Promise.resolve(), file),
      {
        message: `the sandbox is being started or stopped by another process (pid ${String(process.pid)}): wait for it to end`,
      },
    );
  }, file);
});

test("the lock is free again after work that fails, and leaves no file", async () => {
  await assert.rejects(
    locked(() => Promise.reject(new Error("broken")), file),
    { message: "broken" },
  );
  assert.equal(await locked(() => Promise.resolve("done"), file), "done");
  assert.deepEqual(readdirSync(directory), []);
});

test("a holder that died doesn't block the next", async () => {
  writeFileSync(file, "1 0\n");
  assert.equal(await locked(() => Promise.resolve("done"), file), "done");
});

test("whoever waits for its turn works once the holder has ended, and ends with its own failure", async () => {
  const { signal } = new AbortController();
  const done: string[] = [];
  const [second] = await locked(async () => {
    const waiting = inTurn(() => Promise.resolve(done.push("second")), file, signal);
    await new Promise((resolve) => setTimeout(resolve, 10));
    done.push("first");
    return [waiting];
  }, file);
  await second;
  await assert.rejects(
    inTurn(() => Promise.reject(new Error("broken")), file, signal),
    { message: "broken" },
  );
  assert.deepEqual(done, ["first", "second"]);
});
