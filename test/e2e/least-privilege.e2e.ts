import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatRelease, lastGoodTag } from "../../delivery/last-good";
import { checkout } from "../sandbox/paths";
import { eventually } from "./eventually";
import { execute, type Execution, succeed } from "./execute";
import { type Project, withProject } from "./project";
import { sandboxEnvironment } from "./sandbox";

/**
 * Runs a command that can read Pulumi's state and not write it, as a preview role can in its bucket: it sees the state's
 * directory mounted read-only.
 */
function withoutWriting(project: Project, ...argv: string[]): Promise<Execution> {
  const state = new URL(project.env["PULUMI_BACKEND_URL"] ?? "").pathname;
  const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  return execute(["unshare", "--mount", "sh", "-c", mount, state, ...argv], project);
}

test("previews and the look for drift don't write Pulumi's state", async () => {
  await withProject("e2e-reader", await sandboxEnvironment(), {}, async (project) => {
    const { image } = await project.up();
    const git = (...args: string[]) =>
      succeed(["git", "-c", "user.name=e2e", "-c", "user.email=e2e@x", ...args], project);
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "e2e");
    const commit = (await git("rev-parse", "HEAD")).trim();
    await project.pulumi("stack", "tag", "set", lastGoodTag, formatRelease({ commit, image }));

    const stack = ["--stack", project.stack];
    for (const argv of [
      ["pulumi", "preview", "--json", ...stack],
      ["pulumi", "preview", "--diff", "--policy-pack", "policy", ...stack],
      [process.execPath, "--require", "tsx/cjs", "delivery/cli/drift-preview.ts", ...stack],
    ]) {
      const { status, stdout, stderr } = await withoutWriting(project, ...argv);
      assert.equal(status, 0, `${argv.join(" ")}\n${stdout}${stderr}`);
      // drift-preview.ts passes on what the preview says, also that it failed.
      assert.doesNotMatch(stdout + stderr, /read-only/);
    }
    const { stderr } = await withoutWriting(project, "pulumi", "stack", "tag", "set", "one", "more", ...stack);
    assert.match(stderr, /read-only file system/, "the state could be written");
  });
});

test("the role of pull requests makes and removes namespaces of theirs, restricted ones, and no others", async (t) => {
  const env = await sandboxEnvironment();
  const manifest = ["--filename", join(checkout, "docs/pull-request-namespaces.yaml")];
  t.after(() => succeed(["kubectl", "delete", "--ignore-not-found", ...manifest], { env }));
  await succeed(["kubectl", "apply", ...manifest], { env });

  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const asRole = async (...args: string[]) => {
    const role = ["--as=job", "--as-group=ping-pull-requests", "--dry-run=server"];
    return (await execute(["kubectl", ...args, ...role], { env })).stderr;
  };
  const create = (name: string, profile: string) => {
    const metadata = { name, labels: { "pod-security.kubernetes.io/enforce": profile } };
    const file = join(directory, `${name}.json`);
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata }));
    return asRole("create", "--filename", file);
  };
  const foreign = /pull requests have the namespaces ping-pr-\*/;

  // The API server takes a moment to learn of a new role and a new policy.
  await eventually("the refusal of another namespace", async () =>
    foreign.test(await create("ping-e2e-other", "restricted")) ? true : undefined,
  );
  assert.equal(await create("ping-pr-1", "restricted"), "");
  assert.match(await create("ping-pr-1", "privileged"), /enforce the restricted Pod Security profile/);
  assert.match(await asRole("create", "namespace", "ping-pr-1"), /enforce the restricted Pod Security profile/);
  assert.match(await asRole("delete", "namespace", "kube-node-lease"), foreign);
  assert.match(await asRole("delete", "pods", "--all"), /forbidden/);
});
