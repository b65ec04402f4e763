import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { load, type LoadReport } from "./load";
import { type Project, withProject } from "./project";
import { sandboxEnvironment } from "./sandbox";

/** Milliseconds of load before and after what is tried. */
const margin = 2000;

/** Runs `work` under two loads, one with kept-alive connections and one without, and returns their reports. */
async function underLoad(project: Project, service: string, work: () => Promise<void>): Promise<LoadReport[]> {
  const loads = await Promise.all([true, false].map((keepAlive) => load(project, service, keepAlive)));
  let failure: unknown;
  try {
    await sleep(margin);
    await work();
    await sleep(margin);
  } catch (error) {
    failure = error;
  }
  const reports = await Promise.all(loads.map((each) => each.end()));
  if (failure !== undefined) throw failure as Error;
  return reports;
}

function assertNoneFailed(reports: readonly LoadReport[]): void {
  for (const { requests, errors, status_codes } of reports) {
    assert.deepEqual(errors, []);
    assert.deepEqual(status_codes, { "200": requests });
    assert.ok(requests > 0);
  }
}

test("the service drops no request, with keep-alive and without, and without retries", async (t) => {
  await withProject("e2e-rollout", await sandboxEnvironment(), {}, async (project) => {
    const { service } = await project.up();
    await project.request(service, "/");
    const count = (reports: readonly LoadReport[]) => reports.map(({ requests }) => requests).join(" + ");

    await t.test("during five rolling updates", async () => {
      const reports = await underLoad(project, service, async () => {
        for (const revision of ["1", "2", "3", "4", "5"]) {
          project.configure({ env: { REVISION: revision } });
          await project.up();
        }
      });
      t.diagnostic(`five rolling updates: ${count(reports)} requests`);
      assertNoneFailed(reports);
    });

    await t.test("when a pod is deleted", async () => {
      const reports = await underLoad(project, service, async () => {
        const pods = (await project.kubectl("get", "pods", "--output", "name")).trim().split("\n");
        await project.kubectl("delete", pods[0] ?? "", "--wait");
        await project.kubectl("rollout", "status", `deployment/${service}`, "--timeout=60s");
      });
      t.diagnostic(`a deleted pod: ${count(reports)} requests`);
      assertNoneFailed(reports);
    });

    await t.test(
      "when a release never becomes ready: up fails in time and names the pod, and the next one converges",
      async () => {
        const reports = await underLoad(project, service, async () => {
          project.configure({ env: { REVISION: "5" }, port: 8081, healthPath: "/nowhere" });
          const { status, stdout, stderr } = await project.tryPulumi("up", "--yes", "--skip-preview");
          assert.notEqual(status, 0);
          assert.match(stdout + stderr, new RegExp(`pod ${service}-[0-9a-f]+-[a-z0-9]+`));
          project.configure({ env: { REVISION: "5" } });
          await project.up();
          await project.pulumi("preview", "--expect-no-changes");
        });
        assertNoneFailed(reports);
      },
    );
  });
});
