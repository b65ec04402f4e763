import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import type { OwnResource } from "../../../../common";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { findDeployment } from "../../../../infra/cluster/find-deployment";
import { setVariable } from "../../../support/variables";
import { directoryWith } from "../../../support/files";
import { useKubectl, without } from "../../../support/fake-kubectl";
import { Mocks } from "../../../support/mocks";

before(() => Mocks.start());

const cluster: Cluster = { context: "dev", kubeconfig: "", clusterIdentifier: "dev" };
const recorded = (type: string, name: string) => ({
  type: `kubernetes:core/v1:${type}`,
  name: "ping",
  outputs: { metadata: { name } },
});
const own = [recorded("Service", "ping"), recorded("Namespace", "ping-dev")];
const find = (records: readonly OwnResource[] = own) => findDeployment(cluster, records, "ping-dev", "ping");
const get = "--context dev --request-timeout=10s get --raw";
const forbidden = `echo 'Error from server (Forbidden): User "job" cannot get resource' >&2; exit 1`;

/** What other stacks' namespaces, and anything else of this name, don't make this stack's. */
const foreign = [
  recorded("Namespace", "ping-prod"),
  recorded("Service", "ping-dev"),
  { ...recorded("Namespace", ""), outputs: {} },
];

test("a stack that has made its namespace asks for its Deployment alone, and gets all its fields", async (t) => {
  const said = join(directoryWith(t, {}), "said");
  const deployment = { metadata: { name: "ping", uid: "1" }, spec: { replicas: 2 } };
  useKubectl(t, `echo "$@" >> ${said}; echo '${JSON.stringify(deployment)}'`);
  assert.deepEqual(await find(), deployment);
  assert.equal(readFileSync(said, "utf8"), `${get} /apis/apps/v1/namespaces/ping-dev/deployments/ping\n`);
  useKubectl(t, without);
  assert.equal(await find(), undefined);
});

test("a stack that hasn't asks whether somebody else has, and may make it where nobody has", async (t) => {
  const said = join(directoryWith(t, {}), "said");
  useKubectl(t, `echo "$@" >> ${said}; ${without}`);
  assert.equal(await find([]), undefined);
  assert.equal(readFileSync(said, "utf8"), `${get} /api/v1/namespaces/ping-dev\n`);
});

test("a namespace that the stack hasn't made is refused, unless the update is told to take it over", async (t) => {
  useKubectl(t, `echo '{"metadata":{"name":"ping-dev"}}'`);
  const message =
    "the cluster has a namespace ping-dev already, and this stack didn't make it. Another stack may have it: choose " +
    "another name for the service (ping:name), or for the stack. If an update of this stack was killed, or if nobody " +
    "needs what the namespace holds, PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true pulumi up takes it over.";
  for (const records of [[], foreign]) {
    await assert.rejects(find(records), { message });
  }
  setVariable(t, "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", "true");
  assert.equal(await find(foreign), undefined);
});

test("a user who may read neither learns nothing, and may go on", async (t) => {
  useKubectl(t, forbidden);
  assert.deepEqual([await find(), await find([])], [undefined, undefined]);
});

test("a login that the cluster doesn't accept is an error, before the first update and after it", async (t) => {
  useKubectl(t, "echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1");
  const message =
    "kubectl can't ask the cluster what it has of this stack: the cluster doesn't accept the login of the kubeconfig's " +
    "user (401 Unauthorized), which is wrong or has expired. Log in to the cluster again.";
  await assert.rejects(find([]), { message });
  await assert.rejects(find(), { message });
});
