import assert from "node:assert/strict";
import * as net from "node:net";
import { test } from "node:test";
import { clusterProvider, findCluster } from "../../../../infra/cluster/cluster";
import { eksKubeconfig, findEksCluster } from "../../../../infra/cluster/eks";
import { type Answers, Mocks } from "../../../support/mocks";
import { listen, unusedPort } from "../../../support/servers";
import { awsFunctions, clusterArn } from "../../aws";

const getCluster = "aws:eks/getCluster:getCluster";
const getClusters = "aws:eks/getClusters:getClusters";
const cluster = { name: "main", arn: clusterArn, endpoint: "https://127.0.0.1:6443", authority: "Q0E=" };

/** The kubeconfig, with what the exec plugin is given. */
const kubeconfig = (args: string[], env: object[]) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: clusterArn, cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "Q0E=" } }],
  users: [
    {
      name: clusterArn,
      user: {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1beta1",
          command: "aws",
          args: [
            ...["--region", "eu-central-1", "eks", "get-token", "--cluster-name", "main", "--output", "json"],
            ...args,
          ],
          env,
          interactiveMode: "Never",
        },
      },
    },
  ],
  contexts: [{ name: clusterArn, context: { cluster: clusterArn, user: clusterArn } }],
  "current-context": clusterArn,
});

test("the kubeconfig holds no secret: every client asks for a token, as the profile and role that are configured", () => {
  const role = "arn:aws:iam::111122223333:role/deployer";
  assert.deepEqual(JSON.parse(eksKubeconfig(cluster, { name: "main" })), kubeconfig([], []));
  assert.deepEqual(
    JSON.parse(eksKubeconfig(cluster, { name: "main", profile: "ours", role })),
    kubeconfig(["--role-arn", role], [{ name: "AWS_PROFILE", value: "ours" }]),
  );
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} has one provider, identified by the cluster's ARN alone`, async (t) => {
    const port = await listen(t, net.createServer());
    const mocks = await Mocks.start({ preview, functions: awsFunctions(port) });
    clusterProvider(await findCluster({ eks: { name: "main" } }));
    await mocks.registered();
    assert.deepEqual(mocks.resources, [
      {
        type: "pulumi:providers:kubernetes",
        name: "cluster",
        inputs: {
          kubeconfig: eksKubeconfig({ ...cluster, endpoint: `https://127.0.0.1:${port}` }, { name: "main" }),
          clusterIdentifier: clusterArn,
          enableServerSideApply: "true",
          enablePatchForce: "true",
          enableSecretMutable: "true",
        },
      },
    ]);
    assert.deepEqual(mocks.calls, [{ token: getCluster, inputs: { name: "main" } }]);
  });
}

/** Asserts that a cluster is refused with this message, and that nothing is registered. */
async function refused(functions: NonNullable<Answers["functions"]>, message: string): Promise<void> {
  const mocks = await Mocks.start({ functions: { ...awsFunctions(), ...functions } });
  await assert.rejects(findEksCluster("prod"), { message });
  assert.deepEqual(await mocks.registered(), []);
}

const advice = "Choose one with pulumi config set --path cluster.eks.name NAME, or another aws:region.";
const gone = { [getCluster]: new Error("ResourceNotFoundException: No cluster found for name: prod.") };
const notFound = "the EKS cluster prod can't be found: ResourceNotFoundException: No cluster found for name: prod.";

test("a cluster that doesn't exist is an error that names those that do", async () => {
  await refused(gone, `${notFound} Visible in this account and region: main, other. ${advice}`);
  const none = { ...gone, [getClusters]: { names: [] } };
  await refused(none, `${notFound} Visible in this account and region: none. ${advice}`);
});

test("if AWS refuses the list too, the error says so", async () => {
  const denied = { ...gone, [getClusters]: new Error("AccessDeniedException") };
  const why = "The existing clusters can't be listed (eks:ListClusters): AccessDeniedException.";
  await refused(denied, `${notFound} ${why} ${advice}`);
});

test("a cluster that is still being made is an error with its status", async () => {
  const making = { arn: clusterArn, endpoint: "", certificateAuthorities: [], status: "CREATING" };
  await refused(
    { [getCluster]: making },
    "the EKS cluster prod isn't ready: it is CREATING and has no API server yet.",
  );
});

test("an API server that can't be reached is an error with its URL, before anything is registered", async () => {
  const port = await unusedPort();
  const mocks = await Mocks.start({ functions: awsFunctions(port) });
  await assert.rejects(findCluster({ eks: { name: "main" } }), {
    message:
      `the API server of the EKS cluster main, https://127.0.0.1:${port}, can't be reached: ` +
      `connect ECONNREFUSED 127.0.0.1:${port}. Start the cluster, or let this machine's address in ` +
      "(its endpoint may be private).",
  });
  assert.deepEqual(await mocks.registered(), []);
});
