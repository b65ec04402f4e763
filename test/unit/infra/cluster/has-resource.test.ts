import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { hasResource } from "../../../../infra/cluster/has-resource";
import { useKubectl, without, withPodMonitors } from "../../../support/fake-kubectl";
import { Mocks } from "../../../support/mocks";

before(() => Mocks.start());

const context: Cluster = { context: "dev", kubeconfig: "", clusterIdentifier: "dev" };
const monitors = { api: "monitoring.coreos.com/v1", resource: "podmonitors" };

test("a cluster has a kind where its API lists it, and not where the API or the kind is missing", async (t) => {
  for (const [answer, expected] of [
    [withPodMonitors, true],
    [`echo '{"resources":[{"name":"servicemonitors"}]}'`, false],
    [without, false],
  ] as const) {
    useKubectl(t, answer);
    assert.equal(await hasResource(context, monitors), expected, answer);
  }
});
