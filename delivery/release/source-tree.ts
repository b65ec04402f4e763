import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { outputOf, type Run } from "../run";

/**
 * Gives `work` a directory with the files of a commit and the packages that its lock file names, and removes it afterwards.
 * The directory that is checked out stays as it is.
 *
 * @throws Failure where the clone doesn't have the commit.
 */
export async function withTree<T>(run: Run, commit: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "tree-"));
  try {
    // Git still lists the directories of earlier calls.
    await outputOf(run, ["git", "worktree", "prune"]);
    await outputOf(run, ["git", "worktree", "add", "--detach", directory, commit]);
    const lockFile = await run(["git", "diff", "--quiet", commit, "HEAD", "--", "package-lock.json"]);
    if (lockFile.status === 0) {
      symlinkSync(resolve("node_modules"), join(directory, "node_modules"));
    } else {
      // The job has credentials by now, and no package needs its install script.
      await outputOf(run, ["npm", "ci", "--ignore-scripts"], { cwd: directory });
    }
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
