import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { driftMarker } from "../../delivery/drift";
import { lastGoodTag } from "../../delivery/release";
import { edit } from "../support/edit";
import { execute, type Execution } from "../support/execute";
import { FakeGitHub } from "../support/fake-github";
import { Project, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { killTree } from "./processes";
import { assertGone, command, commit, deployed, git, script } from "./workflows/delivery-scripts";

/** The config of the stack that runs what staging built. */
const promoted = {
  imageFrom: "e2e-staging",
  quota: { pods: 6, cpu: 6, memory: "1Gi", "ephemeral-storage": "1Gi" },
};

const policyAndContext = ["--policy-pack", "policy", "--context", "sandbox"];

const templateAndContext = ["--template", "Pulumi.e2e-staging.yaml", "--context", "sandbox"];

/** The variables of a job of a workflow's run. */
const job = (run: number) => ({
  GITHUB_ACTIONS: "true",
  GITHUB_RUN_ID: String(run),
  GITHUB_RUN_ATTEMPT: "1",
});

/** Releases a stack and returns how that ended, with what a workflow would read. */
async function release(project: Project, ...args: string[]): Promise<Execution & { image: string | undefined }> {
  const GITHUB_OUTPUT = join(project.cwd, ".git", "github-output");
  writeFileSync(GITHUB_OUTPUT, "");
  const ended = await script(project, "release", ["--stack", project.stack, ...policyAndContext, ...args], {
    ...job(2),
    GITHUB_OUTPUT,
  });
  return { ...ended, image: /^image=(.*)$/m.exec(readFileSync(GITHUB_OUTPUT, "utf8"))?.[1] };
}

/** The names of the variables that a stack's Deployment gives its pods. */
async function variables(project: Project): Promise<string[]> {
  const path = "jsonpath={.spec.template.spec.containers[0].env[*].name}";
  return (await project.kubectl("get", "deployment", "ping", "--output", path)).split(" ");
}

/** The release that the stack would return to, `<commit> <image>`. */
async function lastGood(project: Project): Promise<string> {
  return (await project.pulumi("stack", "tag", "get", lastGoodTag)).trim();
}

const updating = /ping-deployment updating/;

/** Writes what a preview says, whatever its exit status, and returns the file's name. */
async function preview(project: Project, ...options: string[]): Promise<string> {
  const { stdout } = await project.tryPulumi("preview", "--json", ...options);
  const file = join(project.cwd, `${project.stack}.json`);
  writeFileSync(file, stdout);
  return file;
}

test("two environments, from the first release to the last", async (t) => {
  const env = await sandboxEnvironment();
  const prodEnv = { ...env, PULUMI_CONFIG_PASSPHRASE: "prod's own" };
  const github = await FakeGitHub.start();
  t.after(() => github.stop());
  await withProject("e2e-staging", env, {}, (staging) =>
    withProject("e2e-prod", prodEnv, promoted, async (prod) => {
      const number = "4242";
      let good = "";
      let first = "";
      await t.test("staging builds, and what it built is the last good release", async () => {
        first = await commit(staging);
        const released = await release(staging);
        assert.equal(released.status, 0, released.stdout + released.stderr);
        assert.match(released.image ?? "", /^localhost:15000\/e2e-[\w-]+\/ping@sha256:[0-9a-f]{64}$/);
        good = released.image ?? "";
        assert.deepEqual([await deployed(staging), await lastGood(staging)], [good, `${first} ${good}`]);
        assert.equal(await git(staging, "status", "--porcelain"), "", "the checkout stays as it is");
      });

      await t.test("prod runs the same digest, and builds nothing", async () => {
        const source = await commit(prod);
        const released = await release(prod, "--image", good);
        assert.equal(released.status, 0, released.stdout + released.stderr);
        assert.deepEqual(
          [released.image, await deployed(prod), await lastGood(prod)],
          [good, good, `${source} ${good}`],
        );
        assert.doesNotMatch(await prod.pulumi("stack", "export"), /docker-build:index:Image/);
        const used = ["get", "resourcequota", "quota", "--output", "jsonpath={.status.used.pods}"];
        assert.equal(await prod.kubectl(...used), "2");
      });

      await t.test("prod has a passphrase of its own, and reads which image staging runs", async () => {
        const planned = await prod.tryPulumi("preview", "--diff");
        assert.equal(planned.status, 0, planned.stdout + planned.stderr);
        assert.match(planned.stdout, /Resources:\n +\d+ unchanged\n/);
      });

      await t.test("a pull request shows its preview in one comment for the stack, edited in place", async () => {
        edit(staging.cwd, "app/routes.go", "Hello, Docker!", "Hello, `@everyone`!");
        const file = await preview(staging);
        const args = ["--stack", staging.stack, "--pull-request", number, file];
        for (const commit of ["first", "second"]) {
          const posted = await script(staging, "preview-comment", ["--commit", commit, ...args], github.environment);
          assert.equal(posted.status, 0, posted.stderr);
        }
        assert.equal(github.comments.length, 1);
        const body = github.comments[0]?.body ?? "";
        assert.match(
          body,
          /^<!-- pulumi preview of e2e-staging -->\n### Preview of `e2e-staging`\n\n\*\*3 to update, \d+ unchanged\*\*/,
        );
        const pushed = `Image: \`${good}\` → the one that the update will push, built with the tag \``;
        assert.ok(body.includes(pushed), body);
        assert.ok(body.includes(`- spec.template.spec.containers[0].image: "${good}"\n`), body);
        assert.ok(body.includes("+ spec.template.spec.containers[0].image: (known after the update)\n"), body);
        assert.doesNotMatch(body, /runAs/);
        assert.match(
          body,
          /- buildArgs\.ORG_OPENCONTAINERS_IMAGE_VERSION: "[0-9a-f]{16}"\n\+ buildArgs\.ORG_OPENCONTAINERS_IMAGE_VERSION: "[0-9a-f]{16}"\n/,
        );
        assert.match(body, /\n\nBase images: `golang:1\.26` at `sha256:[0-9a-f]{12}`\n\n/);
        assert.match(body, /\n\nAt `second`$/);
      });

      await t.test("a secret stays one in the comment", async () => {
        await prod.pulumi("config", "set", "--secret", "--path", "env.TOKEN", "hunter2-in-the-open");
        const file = await preview(prod);
        prod.configure(promoted);
        const { stdout } = await script(prod, "preview-comment", ["--stack", prod.stack, "--commit", "one", file]);
        assert.doesNotMatch(stdout, /hunter2/);
        assert.match(stdout, /\*\*1 to create, 1 to update, \d+ unchanged\*\*\n\nImage: `\S+`, unchanged\n/);
        assert.match(stdout, /\n\+ data: \[secret\]\n/);
        const reference =
          /\n\+ spec\.template\.spec\.containers\[0\]\.envFrom\[0\]\.secretRef\.name: "ping-env-\w{10}"\n/;
        assert.match(stdout, reference);
      });

      await t.test("a release that doesn't build changes nothing, a change by hand included", async () => {
        await staging.kubectl("set", "env", "deployment/ping", "HOTFIX=1");
        await staging.kubectl("rollout", "status", "deployment/ping");
        edit(staging.cwd, "app/main.go", "func main() {", "func main() {\n\tno Go");
        await commit(staging);
        const released = await release(staging);
        assert.equal(released.status, 1);
        assert.match(
          released.stderr,
          /error: the release of e2e-staging failed: pulumi up ended with \d+; nothing was changed, so nothing is undone\n/,
        );
        assert.ok((await variables(staging)).includes("HOTFIX"));
        await staging.kubectl("set", "env", "deployment/ping", "HOTFIX-");
        await staging.kubectl("rollout", "status", "deployment/ping");
        edit(staging.cwd, "app/main.go", "func main() {\n\tno Go", "func main() {");
      });

      await t.test("a release that is healthy for its probes alone goes back, its config too", async () => {
        edit(staging.cwd, "app/routes.go", "Hello, `@everyone`!", "Hello, sick!");
        edit(staging.cwd, "app/routes.go", '"net/http"\n', '"net/http"\n\t"strings"\n');
        const probe = '!strings.HasPrefix(c.Request().UserAgent(), "kube-probe/")';
        edit(staging.cwd, "app/routes.go", "if draining() {", `if draining() || ${probe} {`);
        staging.configure({ env: { MOOD: "sick" } });
        await commit(staging);
        const released = await release(staging);
        assert.equal(released.status, 1);
        assert.equal(released.image, undefined, "nothing is promoted");
        assert.match(
          released.stderr,
          new RegExp(
            "error: the release of e2e-staging failed: /health of ping in ping-e2e-staging isn't healthy: pod ping-.*" +
              `; it is back at the last good release, ${first} with ${good}\n`,
          ),
        );
        assert.deepEqual([await deployed(staging), await lastGood(staging)], [good, `${first} ${good}`]);
        assert.ok(!(await variables(staging)).includes("MOOD"));
        await staging.answers("ping", "/", "Hello, Docker! <3");
      });

      await t.test("one that doesn't get through its rollout goes back as well, and says why it ended", async () => {
        staging.configure({ progressDeadline: 20 });
        edit(staging.cwd, "app/main.go", "func main() {", 'func main() {\n\tpanic("not today")');
        await commit(staging);
        const released = await release(staging);
        assert.equal(released.status, 1);
        assert.equal(released.image, undefined, "nothing is promoted");
        assert.match(released.stdout + released.stderr, /\| panic: not today/);
        assert.match(
          released.stderr,
          new RegExp(
            "error: the release of e2e-staging failed: pulumi up ended with \\d+; " +
              `it is back at the last good release, ${first} with ${good}\n`,
          ),
        );
        assert.deepEqual([await deployed(staging), await lastGood(staging)], [good, `${first} ${good}`]);
        await staging.answers("ping", "/", "Hello, Docker! <3");
      });

      await t.test("a cancelled release lets pulumi end its update, and unlocks the stack", async () => {
        const controller = new AbortController();
        const { status, stderr } = await execute(command("release", ["--stack", staging.stack, ...policyAndContext]), {
          cwd: staging.cwd,
          env: staging.env,
          interrupt: controller.signal,
          onOutput: (text) => {
            if (updating.test(text)) {
              controller.abort();
            }
          },
        });
        assert.equal(status, 1);
        assert.match(stderr, /error: SIGINT interrupted this while pulumi ran; the next run goes on from there\n/);
        // It asks for the lock, and takes it.
        await staging.pulumi("refresh", "--yes", "--skip-preview");
      });

      await t.test("what a killed job left locked, the next one unlocks and releases", async () => {
        const [file, ...args] = command("release", ["--stack", staging.stack, ...policyAndContext]);
        const child = spawn(file, args, {
          cwd: staging.cwd,
          env: { ...staging.env, ...job(1) },
          stdio: ["ignore", "ignore", "pipe"],
        });
        const ended = once(child, "exit");
        for await (const text of child.stderr) {
          if (updating.test(String(text))) {
            break;
          }
        }
        killTree(child.pid ?? 0);
        await ended;
        staging.configure({});
        await git(staging, "checkout", "--quiet", first, "--", "app");
        edit(staging.cwd, "app/routes.go", "Hello, Docker!", "Hello again!");
        const newest = await commit(staging);
        const released = await release(staging);
        assert.equal(released.status, 0, released.stdout + released.stderr);
        assert.match(released.stderr, /the process that locked the stack e2e-staging has ended: unlocking it\n/);
        assert.equal(await lastGood(staging), `${newest} ${released.image ?? ""}`);
        await staging.answers("ping", "/", "Hello again! <3");
      });

      await t.test("an older commit isn't released onto a newer one", async () => {
        const newest = await git(staging, "rev-parse", "HEAD");
        await git(staging, "checkout", "--quiet", "--detach", first);
        const released = await release(staging);
        await git(staging, "checkout", "--quiet", "--detach", newest);
        assert.equal(released.status, 1);
        assert.match(released.stderr, new RegExp(`error: ${first} doesn't descend from ${newest}, which e2e-staging`));
        await staging.answers("ping", "/", "Hello again! <3");
      });

      await t.test(
        "what somebody changes in the cluster is one issue, a release that waits for prod isn't",
        async () => {
          const report = async () => {
            const files = await Promise.all(
              [staging, prod].map(async (project) => {
                const { stdout, stderr } = await script(project, "drift-preview", ["--stack", project.stack]);
                const file = join(project.cwd, "drift.json");
                writeFileSync(file, stdout);
                assert.notEqual(stdout, "", stderr);
                return `${project.stack}=${file}`;
              }),
            );
            const { status, stderr } = await script(staging, "drift", files, github.environment);
            assert.equal(status, 0, stderr);
            return github.issues.map(({ state, body }) => ({ state, body }));
          };
          assert.deepEqual(await report(), []);
          await prod.kubectl("scale", "deployment", "ping", "--replicas=3");
          await report();
          const [issue, ...others] = await report();
          assert.deepEqual(others, []);
          assert.equal(issue?.state, "open");
          assert.ok(issue.body.startsWith(driftMarker));
          assert.match(issue.body, /### `e2e-prod`\n[^]*- spec\.replicas: 3\n\+ spec\.replicas: 2\n/);
          assert.doesNotMatch(issue.body, /### `e2e-staging`/);
          await prod.kubectl("scale", "deployment", "ping", "--replicas=2");
          assert.deepEqual(
            (await report()).map(({ state }) => state),
            ["closed"],
          );
        },
      );

      await t.test("a close after a job that was killed in the middle of an open leaves nothing", async () => {
        const killed = new Project(staging.cwd, "pr-4243", env);
        const options = ["--number", "4243", ...templateAndContext];
        const [file, ...args] = command("pull-request", ["open", ...options]);
        const child = spawn(file, args, {
          cwd: staging.cwd,
          env: { ...staging.env, ...job(3) },
          stdio: ["ignore", "ignore", "pipe"],
        });
        const ended = once(child, "exit");
        for await (const text of child.stderr) {
          if (/ping-namespace creating/.test(String(text))) {
            break;
          }
        }
        killTree(child.pid ?? 0);
        await ended;
        // The killed update may have made it by now, and has recorded nothing of that.
        await execute(["kubectl", "create", "namespace", killed.namespace], killed);
        const closed = await script(staging, "pull-request", ["close", ...options], job(4));
        assert.equal(closed.status, 0, closed.stdout + closed.stderr);
        assert.match(closed.stderr, /the process that locked the stack pr-4243 has ended: unlocking it\n/);
        await assertGone(killed);
      });

      await t.test("the policy pack refuses a program that deploys a tag from another registry", async () => {
        edit(prod.cwd, "infra/index.ts", "image: image.reference,", 'image: "ghcr.io/other/ping:latest",');
        const { status, stdout } = await prod.tryPulumi("preview", "--policy-pack", "policy");
        edit(prod.cwd, "infra/index.ts", 'image: "ghcr.io/other/ping:latest",', "image: image.reference,");
        assert.notEqual(status, 0);
        for (const policy of ["no-tag-only-deploy", "allowed-registries"]) {
          const violation = `[mandatory]  ${policy}  (kubernetes:apps/v1:Deployment: ping-deployment)`;
          assert.ok(stdout.includes(violation), stdout);
        }
        assert.match(
          stdout,
          /The image of container ping, "ghcr.io\/other\/ping:latest", is a tag: deploy it by digest\./,
        );
        assert.match(
          stdout,
          /The image of container ping, "ghcr.io\/other\/ping:latest", is in none of the allowed registries: localhost:15000\/\S+\./,
        );
      });
    }),
  );
});

test("every script says how it is used, and what is wrong with how it was", async () => {
  const project = new Project(process.cwd(), "none", process.env);
  for (const name of [
    "attest",
    "diagnose",
    "drift",
    "drift-preview",
    "environment-status",
    "preview-comment",
    "pull-request",
    "release",
    "sweep",
    "verify",
  ]) {
    const [help, wrong] = await Promise.all([script(project, name, ["--help"]), script(project, name, ["--nonsense"])]);
    assert.deepEqual([help.status, wrong.status], [0, 2], name);
    assert.match(help.stdout, new RegExp(`^node --require \\./loader delivery/cli/${name}\\.ts\\s`));
    assert.match(wrong.stderr, /^error: .*--nonsense.*; --help says how this is used\n$/);
  }
});
