import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../support/eventually";
import { type Project, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { type Load, load, type LoadReport } from "./load/load";
import { needs } from "./needs";

/** Milliseconds that an autoscaler may take: a kubelet measures every 10 s or so, and down it waits for another 30. */
const patience = 300_000;

/** The number of pods that the Deployment wants, once all of them are available. */
async function available(project: Project, service: string): Promise<number | undefined> {
  interface Deployment {
    readonly spec: { readonly replicas: number };
    readonly status: { readonly availableReplicas?: number };
  }
  const { spec, status } = await project.get<Deployment>("deployment", service);
  return status.availableReplicas === spec.replicas ? spec.replicas : undefined;
}

/** Ends loads, and asserts that every request got its answer. */
async function assertNoneFailed(loads: readonly Load[]): Promise<number> {
  const reports: LoadReport[] = await Promise.all(loads.map((each) => each.end()));
  for (const { failed, errors } of reports) {
    assert.deepEqual({ failed, errors }, { failed: 0, errors: [] });
  }
  return reports.reduce((sum, { requests }) => sum + requests, 0);
}

test(
  "load makes the autoscaler add pods, its end takes them away, and no request fails",
  { skip: needs("standalone", "kind has no metrics server") },
  async (t) => {
    const replicas = { min: 2, max: 4 };
    // Little enough for this load to be a lot: the autoscaler goes by the share of the request that is used.
    const resources = { requests: { cpu: "10m" } };
    await withProject("e2e-autoscaler", await sandboxEnvironment(), { replicas, resources }, async (project) => {
      const { service } = await project.up();
      await project.request(service, "/");
      const wanted = (what: string, fits: (pods: number) => boolean) =>
        eventually(
          what,
          async () => {
            const pods = await available(project, service);
            return pods !== undefined && fits(pods) ? pods : undefined;
          },
          patience,
        );
      assert.equal(await wanted("the first pods", () => true), replicas.min);

      const heavy = await Promise.all([true, false, true, false].map((keepAlive) => load(project, service, keepAlive)));
      const more = await wanted("more pods", (pods) => pods > replicas.min);
      t.diagnostic(`up to ${String(more)} pods: ${String(await assertNoneFailed(heavy))} requests, 0 failed`);

      const light = await Promise.all(
        [true, false].map((keepAlive) => load(project, service, keepAlive, { perSecond: 2 })),
      );
      await wanted("as few pods as before", (pods) => pods === replicas.min);
      t.diagnostic(
        `down to ${String(replicas.min)} again: ${String(await assertNoneFailed(light))} requests, 0 failed`,
      );
      // The autoscaler's number is no change of the program's.
      await project.pulumi("preview", "--expect-no-changes");
    });
  },
);
