import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { withTree } from "../../../../delivery/release/source-tree";
import { outputOf, run, type Run } from "../../../../delivery/run";
import { projectWith } from "../../../support/files";

const git = (...args: string[]) =>
  outputOf(run, ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args]);

async function commit(): Promise<string> {
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "change");
  return (await git("rev-parse", "HEAD")).trim();
}

/** A clone of two commits, `old` and the one that is checked out, whose directory has an edit and packages. */
async function clone(t: TestContext, lockFile: string): Promise<string> {
  projectWith(t, { "config.yaml": "old", "package-lock.json": "{}", ".gitignore": "node_modules\n" });
  await git("init", "--quiet");
  const old = await commit();
  writeFileSync("config.yaml", "new");
  writeFileSync("package-lock.json", lockFile);
  await commit();
  writeFileSync("config.yaml", "edited");
  mkdirSync("node_modules/package", { recursive: true });
  return old;
}

test("a commit's files are in a directory of their own, with this checkout's packages, until the work is done", async (t) => {
  const old = await clone(t, "{}");
  let directory = "";
  const packages = await withTree(run, old, (tree) => {
    directory = tree;
    assert.equal(readFileSync(join(tree, "config.yaml"), "utf8"), "old");
    writeFileSync(join(tree, "config.yaml"), "of the release");
    return Promise.resolve(readdirSync(join(tree, "node_modules")));
  });
  assert.deepEqual(packages, ["package"]);
  assert.ok(!existsSync(directory));
  assert.equal(readFileSync("config.yaml", "utf8"), "edited", "the checkout stays as it is");
  assert.ok(existsSync("node_modules/package"));
});

test("a commit with another lock file gets its own packages, whose install scripts don't run", async (t) => {
  const old = await clone(t, '{ "other": true }');
  const installs: (string | undefined)[] = [];
  const withoutNpm: Run = (command, options) => {
    if (command[0] !== "npm") {
      return run(command, options);
    }
    installs.push(command.join(" "), options?.cwd);
    return Promise.resolve({ status: 0, stdout: "", stderr: "" });
  };
  await withTree(withoutNpm, old, (tree) => {
    assert.deepEqual(installs, ["npm ci --ignore-scripts", tree]);
    assert.ok(!existsSync(join(tree, "node_modules")));
    return Promise.resolve();
  });
});

test("a commit that the clone doesn't have is named, and nothing is left behind", async (t) => {
  await clone(t, "{}");
  const unknown = "0".repeat(40);
  await assert.rejects(
    withTree(run, unknown, () => Promise.reject(new Error("not reached"))),
    /git worktree add .* ended with 128: fatal: .*0{40}/,
  );
  // Only the checkout itself.
  assert.equal((await git("worktree", "prune").then(() => git("worktree", "list"))).trim().split("\n").length, 1);
});
