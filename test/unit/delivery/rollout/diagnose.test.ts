import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnose } from "../../../../delivery/rollout/diagnose";
import { conditions, fakeCluster, type FakeCluster } from "../../infra/rollout/fake-cluster";
import { deploymentState } from "../deployment-state";
import { type Answer, fakeRun } from "../fake-run";

/** How the rollout of the stack `dev` is explained, whose cluster is that of the context `there`. */
function diagnosed(answer: (path: string) => Answer | Promise<Answer>): Promise<string[]> {
  const asked = "kubectl --context there --namespace ping-dev --request-timeout=10s get --raw ";
  const run = fakeRun((text) => {
    assert.equal(text, "pulumi stack export --stack dev");
    return JSON.stringify({ deployment: { resources: [deploymentState()] } });
  });
  return diagnose(
    async (command, options) => {
      const text = command.join(" ");
      const given = text.startsWith(asked) ? await answer(text.slice(asked.length)) : undefined;
      return given === undefined ? run(command, options) : fakeRun(() => given)(command, options);
    },
    "dev",
    "there",
  );
}

const answers = (cluster: FakeCluster) => {
  const { ask } = fakeCluster(cluster);
  return async (path: string) => (await ask(path)) ?? "";
};

test("the cluster of the context is asked about the stack's Deployment", async () => {
  const status = { phase: "Pending", conditions: conditions("PodScheduled", "False", "", "no nodes available") };
  assert.deepEqual(await diagnosed(answers({ pods: [status] })), [
    "no node takes the pod: no nodes available. The cluster of `cluster` has no node: add one.",
    "pod ping-new-0: Pending",
    "  not scheduled: no nodes available",
  ]);
  assert.deepEqual(await diagnosed(answers({})), []);
});

test("a Deployment that is gone is an error, and so is a cluster that can't be asked", async () => {
  await assert.rejects(
    diagnosed(() => ({ status: 1, stderr: 'Error from server (NotFound): deployments.apps "ping" not found' })),
    { message: "the Deployment ping isn't in the namespace ping-dev" },
  );
  await assert.rejects(
    diagnosed(() => ({ status: 1, stderr: "Unable to connect to the server\n" })),
    { message: "kubectl can't ask the cluster why the rollout isn't complete: Unable to connect to the server" },
  );
});
