import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { refusal, routeAccepted } from "../../../../infra/cluster/public-url";
import { useKubectl } from "../../../support/fake-kubectl";
import { Mocks } from "../../../support/mocks";

before(() => Mocks.start());

const cluster: Cluster = { context: "dev", kubeconfig: "", clusterIdentifier: "dev" };
const good = (type: string, observedGeneration = 2) => ({
  type,
  status: "True",
  reason: type,
  message: "",
  observedGeneration,
});
const bad = {
  type: "Accepted",
  status: "False",
  reason: "NotAllowedByListeners",
  message: "not here.",
  observedGeneration: 2,
};
const routeOf = (...parents: readonly (readonly object[])[]) =>
  JSON.stringify({ metadata: { generation: 2 }, status: { parents: parents.map((conditions) => ({ conditions })) } });
const route = (...conditions: readonly object[]) => routeOf(conditions);
const silence = "no controller says anything of it. The one of the Gateway's class may not run";
const half = "no controller says both Accepted and ResolvedRefs of it yet";

const routes: Readonly<Record<string, readonly [string | undefined, string | undefined]>> = {
  "accepted, with its backend found": [route(good("Accepted"), good("ResolvedRefs"), good("Other")), undefined],
  "accepted by a controller that doesn't say which generation": [
    route(
      { ...good("Accepted"), observedGeneration: undefined },
      { ...good("ResolvedRefs"), observedGeneration: undefined },
    ),
    undefined,
  ],
  "not accepted": [
    route(bad, good("ResolvedRefs")),
    "its condition Accepted is False, NotAllowedByListeners: not here.",
  ],
  "of which no controller says anything": [JSON.stringify({ metadata: { generation: 2 } }), silence],
  "accepted before it changed": [route(good("Accepted", 1), good("ResolvedRefs", 1)), silence],
  "half accepted": [route(good("Accepted")), half],
  "half accepted by each of two Gateways": [routeOf([good("Accepted")], [good("ResolvedRefs")]), half],
  "accepted by a Gateway, and before it changed by another": [
    routeOf([{ ...bad, observedGeneration: 1 }], [good("Accepted"), good("ResolvedRefs")]),
    undefined,
  ],
  "refused by one of two Gateways": [
    routeOf([good("Accepted"), good("ResolvedRefs")], [bad]),
    "its condition Accepted is False, NotAllowedByListeners: not here.",
  ],
  "that is gone": [undefined, "it is gone"],
};

for (const [what, [answer, expected]] of Object.entries(routes)) {
  test(`a route ${what} is ${expected === undefined ? "fine" : "refused"}`, () => {
    assert.equal(refusal(answer), expected);
  });
}

test("a route that isn't accepted in time is an error with the condition and its reason", async (t) => {
  useKubectl(t, `echo '${route(good("Accepted"), good("ResolvedRefs"))}'`);
  await routeAccepted(cluster, "ping-dev", "ping", 0);
  useKubectl(t, "echo 'lost connection' >&2; exit 1");
  await assert.rejects(routeAccepted(cluster, "ping-dev", "ping", 0), {
    message:
      "the HTTPRoute ping in ping-dev isn't accepted after 0 s: kubectl can't ask the cluster for the HTTPRoute ping: lost connection.",
  });
  useKubectl(t, `echo '${route(bad)}'`);
  await assert.rejects(routeAccepted(cluster, "ping-dev", "ping", 0), {
    message:
      "the HTTPRoute ping in ping-dev isn't accepted after 0 s: its condition Accepted is False, NotAllowedByListeners: not here.",
  });
});
