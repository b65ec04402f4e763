import assert from "node:assert/strict";
import { test } from "node:test";
import { isCidr } from "../../../../infra/config/cidr";
import { PodIdentity, podIdentityAgent, podRole, podTrustPolicy } from "../../../../infra/service/pod-role";
import { Mocks, promiseOf, unknown } from "../../../support/mocks";
import { awsOutputs, clusterArn } from "../../aws";
import { recorded } from "../../recorded";

const account = { id: "111122223333", partition: "aws", region: "eu-central-1", allowedIds: ["111122223333"] };
const pods = { namespace: "ping-dev", serviceAccount: "ping" };
const cluster = { eks: { name: "main" } };
const policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/own"];
const association = "aws:eks/podIdentityAssociation:PodIdentityAssociation";
const trust = podTrustPolicy({ cluster: clusterArn, ...pods });

test("only pods of the one ServiceAccount, in the one cluster, get the role", () => {
  assert.deepEqual(trust, {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": clusterArn,
            "aws:RequestTag/kubernetes-namespace": "ping-dev",
            "aws:RequestTag/kubernetes-service-account": "ping",
          },
        },
      },
    ],
  });
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview plans" : "an update makes"} a role, its policies and its association with the pods`, async () => {
    const mocks = await Mocks.start({ preview, outputs: awsOutputs });
    const made = podRole("ping", { podRole: { policies }, cluster }, pods, account);
    const arn = preview ? unknown : "arn:ping-dev-pods";
    assert.equal(await promiseOf(made?.role), arn);
    await mocks.registered();
    const attachment = (name: string, policyArn: string) => ({
      type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      name,
      inputs: { role: "ping-dev-pods", policyArn },
    });
    assert.deepEqual(mocks.resources, [
      { type: "ping:index:PodIdentity", name: "ping", inputs: {} },
      {
        type: "aws:iam/role:Role",
        name: "ping-pod-role",
        inputs: { name: "ping-dev-pods", assumeRolePolicy: JSON.stringify(trust) },
      },
      attachment("ping-pod-policy-aws:policy/AmazonS3ReadOnlyAccess", policies[0] ?? ""),
      attachment("ping-pod-policy-111122223333:policy/own", policies[1] ?? ""),
      {
        type: association,
        name: "ping-pod-identity",
        inputs: { clusterName: "main", ...pods, roleArn: arn },
      },
    ]);
  });
}

test("pods get the role only with all its policies, and another order of the policies makes the same resources", async () => {
  const names = async (order: string[]) => {
    const mocks = await Mocks.start({ outputs: awsOutputs });
    podRole("ping", { podRole: { policies: order }, cluster }, pods, account);
    return mocks.registered();
  };
  assert.deepEqual(await names(policies.toReversed()), await names(policies));

  const mocks = await Mocks.start({ outputs: awsOutputs });
  const { made, record } = recorded();
  const identity = { role: "ping-dev-pods", policies, cluster: { name: "main", arn: clusterArn }, ...pods };
  new PodIdentity("ping", identity, { transformations: [record] });
  await mocks.registered();
  const attached = [...made].filter(([name]) => name.startsWith("ping-pod-policy-"));
  assert.deepEqual(
    made.get("ping-pod-identity")?.opts.dependsOn,
    attached.map(([, { resource }]) => resource),
  );
});

test("a stack that doesn't ask for a role gets none", async () => {
  const mocks = await Mocks.start();
  assert.equal(podRole("ping", { podRole: undefined, cluster }, pods, account), undefined);
  assert.deepEqual(await mocks.registered(), []);
});

test("the role's pods are those of the account's partition", async () => {
  const mocks = await Mocks.start({ outputs: awsOutputs });
  podRole("ping", { podRole: { policies }, cluster }, pods, { ...account, partition: "aws-cn" });
  await mocks.registered();
  const text = String(mocks.inputs("aws:iam/role:Role")["assumeRolePolicy"]);
  assert.equal(text, JSON.stringify(podTrustPolicy({ cluster: clusterArn.replace("aws", "aws-cn"), ...pods })));
});

test("the agent's addresses are networks that Kubernetes takes", () => {
  assert.deepEqual(
    podIdentityAgent.filter(({ cidr }) => !isCidr(cidr)),
    [],
  );
});
