import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { timing } from "../../infra/service";
import { processesInCgroup } from "../sandbox/ground/process";
import { firstNode, secondNode } from "../sandbox/network/cluster-node";
import { eventually } from "../support/eventually";
import { execute } from "../support/execute";
import type { Pod } from "../support/pod";
import { type Project, up, withProject } from "../support/project";
import { sandboxEnvironment } from "../support/sandbox-environment";
import { rate } from "./load/load";
import { answersFromBoth, assertNoneFailed, underLoad } from "./load/under-load";
import { needs } from "./needs";
import { withSecondNode } from "./second-node";

/** Of a release that fails, in seconds: as short as it may be. Others have the default, for a machine that is slow. */
const progressDeadline = 20;

/** Seconds that a killed container may look gone for longer: which of two pods a connection reaches is chance. */
const outageMargin = 0.2;

/** Seconds that `up` takes beside the rollout, on a machine that has other things to do. */
const overhead = 30;

const namesOf = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);
const nodesOf = (pods: readonly Pod[]) => pods.map(({ spec }) => spec.nodeName).sort();

/** Seconds that a Deployment has until all its pods are ready again. */
const settlesWithin = 180;

/** Waits until the Deployment has all its pods ready again. */
const settled = (project: Project, service: string) =>
  project.kubectl("rollout", "status", `deployment/${service}`, `--timeout=${settlesWithin}s`);

/** Ends a container's process as the kernel does for want of memory, and returns the seconds until it is ready again. */
async function killContainer(project: Project, { metadata, status }: Pod): Promise<number> {
  assert.ok(status.containerStatuses);
  const [{ containerID, restartCount }] = status.containerStatuses;
  const pids = processesInCgroup(containerID.replace(/^containerd:\/\//, ""));
  assert.equal(pids.length, 1, "the service is one process");
  const killed = performance.now();
  for (const pid of pids) {
    process.kill(pid, "SIGKILL");
  }
  const returned = async () => {
    const { status } = await project.get<Pod>("pod", metadata.name);
    return status.containerStatuses?.some((now) => now.restartCount > restartCount && now.ready) || undefined;
  };
  await eventually("the container's return", returned, settlesWithin * 1000);
  return (performance.now() - killed) / 1000;
}

/** Follows the number of pods that a Deployment wants and has, `wanted available`, at each of its changes. */
async function watchReplicas(project: Project, service: string): Promise<{ end(): Promise<string[]> }> {
  const template = 'jsonpath={.spec.replicas} {.status.availableReplicas}{"\\n"}';
  const args = ["--namespace", project.namespace, "get", "deployment", service, "--watch", `--output=${template}`];
  const child = spawn("kubectl", args, { env: project.env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await eventually("the Deployment's present number of pods", () => output !== "" || undefined);
  return {
    end: async () => {
      const closed = once(child, "close");
      child.kill();
      await closed;
      return output.trim().split("\n");
    },
  };
}

/** A release that fails. */
interface BadRelease {
  /** Makes the next release fail, and returns its configuration. */
  readonly prepare: (project: Project) => Promise<Readonly<Record<string, unknown>>>;
  /** What `up` and, after it, delivery/cli/diagnose.ts have to say: who, why, and the last words. */
  readonly says: readonly RegExp[];
  /** Undoes what `prepare` did beyond the configuration. */
  readonly mend?: (project: Project) => Promise<unknown>;
}

const pod = /pod ping-[0-9a-f]+-[a-z0-9]+/;

/** The suite faults has each cause; here are a pod that starts and fails, and one that is never made. */
const badReleases: Readonly<Record<string, BadRelease>> = {
  "one that crashes at its start": {
    // Kubernetes' notation, where Go wants 64MiB.
    prepare: () => Promise.resolve({ env: { GOMEMLIMIT: "64Mi" } }),
    says: [pod, /CrashLoopBackOff|ended with exit code 2 \(Error\)/, /\| .*malformed GOMEMLIMIT/],
  },
  "one that exceeds the namespace's quota": {
    prepare: async (project) => {
      await project.kubectl("create", "quota", "as-it-is", "--hard=pods=2");
      return { env: { REVISION: "one too many" } };
    },
    says: [/FailedCreate \(ReplicaSet ping-[0-9a-f]+\)/, /exceeded quota: as-it-is, requested: pods=1/],
    mend: (project) => project.kubectl("delete", "quota", "as-it-is"),
  },
};

/** What the CLI says at the end of an update that failed. */
const diagnosticsIn = (output: string) => output.replace(/^.*\nDiagnostics:\n/s, "").replace(/\nOutputs:\n.*$/s, "");

/** Asserts that `up` fails in time, that it and delivery/ say what they have to, and that the old pods are still there. */
async function assertFails(project: Project, says: readonly RegExp[]): Promise<string> {
  const before = namesOf(await project.pods());
  const started = performance.now();
  const said = await project.fails(...up);
  const seconds = (performance.now() - started) / 1000;
  const output = `${diagnosticsIn(said)}\n${await project.diagnose()}`;
  for (const pattern of says) {
    assert.match(output, pattern);
  }
  assert.ok(seconds < timing(progressDeadline).timeout + overhead, `up took ${seconds.toFixed(0)} s`);
  const after = new Set(namesOf(await project.pods()));
  assert.deepEqual(
    before.filter((name) => !after.has(name)),
    [],
    "old pods are gone",
  );
  return `up failed after ${seconds.toFixed(0)} s:\n${output}`;
}

test(
  "a service on two nodes drops no request, with keep-alive and without, and without retries",
  { skip: needs("standalone", "it needs a second node") },
  async (t) => {
    const env = await sandboxEnvironment();
    await withSecondNode(env, () =>
      withProject("e2e-rollout", env, {}, async (project) => {
        const { service, image } = await project.up();
        await answersFromBoth(project, service);

        await t.test("during five rolling updates, whose pods end up on both nodes", async (t) => {
          const outcome = await underLoad(project, service, async () => {
            for (const REVISION of ["1", "2", "3", "4", "5"]) {
              project.configure({ env: { REVISION } });
              await project.up();
            }
          });
          t.diagnostic(`five rolling updates: ${outcome.summary}`);
          assertNoneFailed(outcome);
          assert.deepEqual(nodesOf(await project.pods()), [firstNode.name, secondNode.name]);
        });

        await t.test("when one node is drained after the other, each pod once the budget lets it go", async (t) => {
          const outcome = await underLoad(project, service, async () => {
            for (const [drained, other] of [
              [secondNode, firstNode],
              [firstNode, secondNode],
            ] as const) {
              const both = nodesOf(await project.pods()).every((node) => node === drained.name);
              const { status, stderr } = await execute(
                ["kubectl", "drain", drained.name, "--delete-emptydir-data", "--timeout=180s"],
                project,
              );
              assert.equal(status, 0, stderr);
              // Of two pods on the node, one has to wait for the other's successor.
              if (both) {
                assert.match(stderr, /would violate the pod's disruption budget/);
              }
              await settled(project, service);
              assert.deepEqual(nodesOf(await project.pods()), [other.name, other.name]);
              await project.kubectl("uncordon", drained.name);
            }
          });
          t.diagnostic(`two drained nodes: ${outcome.summary}`);
          assertNoneFailed(outcome);
        });

        await t.test("when a fixed number of pods becomes a range and back, and there are never fewer", async (t) => {
          const watched = await watchReplicas(project, service);
          const outcome = await underLoad(project, service, async () => {
            for (const max of [4, 2]) {
              project.configure({ replicas: { min: 2, max } });
              await project.up();
            }
          });
          const seen = await watched.end();
          t.diagnostic(
            `a range and back: ${outcome.summary}; pods wanted and available: ${[...new Set(seen)].join(", ")}`,
          );
          assertNoneFailed(outcome);
          const fewest = (column: 0 | 1) => Math.min(...seen.map((line) => Number(line.split(" ")[column])));
          assert.deepEqual({ wanted: fewest(0), available: fewest(1) }, { wanted: 2, available: 2 });
          await project.pulumi("preview", "--expect-no-changes");
          // The autoscaler may have wanted more than the fixed number. The next release brings that number back.
          project.configure({ env: { REVISION: "fixed again" } });
          await project.up();
          await settled(project, service);
          assert.equal((await project.pods()).length, 2);
        });

        await t.test("when a pod is deleted", async (t) => {
          const outcome = await underLoad(project, service, async () => {
            const [name = ""] = namesOf(await project.pods());
            await project.kubectl("delete", "pod", name, "--wait");
            await settled(project, service);
          });
          t.diagnostic(`a deleted pod: ${outcome.summary}`);
          assertNoneFailed(outcome);
        });

        for (const [what, { prepare, says, mend }] of Object.entries(badReleases)) {
          await t.test(`when a release fails: ${what}; up says so in time, and the next one converges`, async (t) => {
            const outcome = await underLoad(project, service, async () => {
              try {
                project.configure({ progressDeadline, ...(await prepare(project)) });
                t.diagnostic(await assertFails(project, says));
              } finally {
                await mend?.(project);
                project.configure({ env: { REVISION: what } });
                await project.up();
              }
              await project.pulumi("preview", "--expect-no-changes");
            });
            t.diagnostic(`a failed release, ${what}: ${outcome.summary}`);
            assertNoneFailed(outcome);
          });
        }

        await t.test("when a release's image never existed: the cluster isn't touched", async (t) => {
          const generation = () =>
            project.kubectl("get", "deployment", service, "--output=jsonpath={.metadata.generation}");
          const before = await generation();
          const digest = `sha256:${"0".repeat(64)}`;
          project.configure({ progressDeadline, image: image.replace(/sha256:.*/, digest) });
          t.diagnostic(await assertFails(project, [new RegExp(digest)]));
          assert.equal(await generation(), before);
        });

        await t.test("but for what reaches a killed container before the cluster knows that it is gone", async (t) => {
          let outage = 0;
          const outcome = await underLoad(project, service, async () => {
            const [victim] = await project.pods();
            assert.ok(victim);
            outage = await killContainer(project, victim);
          });
          t.diagnostic(`a killed container, ready again after ${outage.toFixed(1)} s: ${outcome.summary}`);
          t.diagnostic(`what its clients saw: ${outcome.errors.join("; ")}`);
          // A process that is killed can't tell its clients. Until it runs again or its endpoint is gone, each new connection
          // has one chance in two to reach it, and each open one breaks.
          for (const error of outcome.errors) {
            assert.match(error, /connection refused|connection reset|EOF|server closed idle connection/);
          }
          const bound = (outcome.loads * rate * (outage + outageMargin)) / 2;
          assert.ok(outcome.failed <= bound, `${String(outcome.failed)} failed, more than ${bound.toFixed(0)}`);
        });
      }),
    );
  },
);
