import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { edit } from "../support/edit";
import { execute } from "../support/execute";
import { type Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { greeterConfig } from "./fixtures/greeter-config";
import { load } from "./load/load";
import { needs } from "./needs";
import { script } from "./workflows/delivery-scripts";

/** Of a pull request, which has a schema of its own. */
const number = "5301";

const config = {
  ...greeterConfig,
  platforms: ["linux/amd64"],
  env: { SCHEMA: "{stack}" },
  migrate: { args: ["migrate"] },
  onClose: { args: ["drop"] },
};

const reasons = ["column greeting", 'ERROR: relation "greetings" does not exist'];
const failing = { ...config, migrate: { args: ["migrate", ...reasons] } };

interface Workload {
  readonly metadata: { readonly uid: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status: { readonly succeeded?: number; readonly completionTime?: string };
}

const job = (project: Project) => project.get<Workload>("job", "greeter-migration");

const images = ({ spec }: Workload) => spec.template.spec.containers.map(({ image }) => image);

/** The Deployment's images. */
const deployed = async (project: Project) => images(await project.get<Workload>("deployment", "greeter"));

/** When the Deployment's pods were made, as the API writes times. */
const podTimes = async (project: Project) =>
  (await project.pods("--selector=app.kubernetes.io/name=greeter")).map(({ metadata }) => metadata.creationTimestamp);

/** Asserts that the migration has run with this image, and ended before any of the pods that run was made. */
async function assertMigrated(project: Project, image: string): Promise<void> {
  const ran = await job(project);
  assert.deepEqual([images(ran), ran.status.succeeded], [[image], 1]);
  const times = await podTimes(project);
  assert.ok(times.length > 0);
  for (const time of times) {
    assert.ok((ran.status.completionTime ?? "9") <= time, `${String(ran.status.completionTime)} is after ${time}`);
  }
}

test(
  "a migration runs before the pods change, and stops the release where it fails",
  { skip: needs("standalone", "its load generator is a process of the machine on the node, started as root") },
  async (t) => {
    await withProject(`pr-${number}`, await sandboxEnvironment(), config, async (project) => {
      const first = await project.up();
      const ran = await job(project);

      await t.test("it runs once with the pods' own image, before them", async () => {
        await assertMigrated(project, first.image);
        await project.pulumi("preview", "--refresh", "--expect-no-changes");
        await project.up();
        assert.equal((await job(project)).metadata.uid, ran.metadata.uid);
      });

      const fail = async () => {
        const output = await project.fails(...up);
        for (const reason of reasons) {
          assert.ok(output.includes(reason), output);
        }
        const failed = await job(project);
        assert.notDeepEqual(images(failed), [first.image]);
        assert.deepEqual(await deployed(project), [first.image]);
        return failed.metadata.uid;
      };

      await t.test(
        "one that fails stops the release with its last lines, again with each try; the old pods serve on",
        async () => {
          edit(project.cwd, "test/e2e/fixtures/greeter/main.go", '"Hello"', '"Hello again"');
          project.configure(failing);
          const pods = await podTimes(project);
          const running = await load(project, first.service, false);
          const tries = [await fail(), await fail()];
          const { requests, failed, errors } = await running.end();
          assert.deepEqual({ failed, errors }, { failed: 0, errors: [] });
          assert.ok(requests > 0);
          t.diagnostic(`${requests} requests during two releases that failed, ${failed} failed`);
          assert.equal(new Set([ran.metadata.uid, ...tries]).size, 3, "each try is a Job of its own");
          assert.deepEqual(await podTimes(project), pods);
          await project.answers(first.service, "/", "Hello\n");
        },
      );

      await t.test("a mended one lets the release go on", async () => {
        project.configure(config);
        const { image } = await project.up();
        assert.notEqual(image, first.image);
        assert.deepEqual(await deployed(project), [image]);
        await assertMigrated(project, image);
        await project.answers(first.service, "/", "Hello again\n");
        await project.pulumi("preview", "--expect-no-changes");
      });

      await t.test(
        "a pull request's environment stays where what its close runs fails, and goes after that has succeeded",
        async () => {
          const template = "Pulumi.template.yaml";
          copyFileSync(join(project.cwd, `Pulumi.${project.stack}.yaml`), join(project.cwd, template));
          const close = () =>
            script(project, "pull-request", [
              "close",
              "--number",
              number,
              "--template",
              template,
              "--context",
              "sandbox",
            ]);
          const become = (...args: string[]) => {
            const containers = [{ name: "greeter", args }];
            const patch = { spec: { jobTemplate: { spec: { template: { spec: { containers } } } } } };
            return project.kubectl("patch", "cronjob", "greeter-on-close", "--patch", JSON.stringify(patch));
          };
          await become("drop", "schema in use");
          const failed = await close();
          assert.equal(failed.status, 1);
          assert.match(
            failed.stderr,
            /error: pr-5301 stays with its data, because the Job greeter-on-close in greeter-pr-5301 failed: .*\. Its last lines:\n.*drop schema pr-5301\n.*schema in use\n/,
          );
          await project.answers(first.service, "/", "Hello again\n");
          await become("drop");
          const closed = await close();
          assert.equal(closed.status, 0, closed.stdout + closed.stderr);
          const namespace = await execute(["kubectl", "get", "namespace", project.namespace], project);
          assert.match(namespace.stderr, /NotFound/);
          // What ends this suite destroys the stack.
          await project.pulumi("stack", "init", "--no-select");
        },
      );
    });
  },
);
