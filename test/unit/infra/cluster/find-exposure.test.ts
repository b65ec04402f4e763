import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test, type TestContext } from "node:test";
import type { Cluster } from "../../../../infra/cluster/cluster";
import { findExposure } from "../../../../infra/cluster/find-exposure";
import { directoryWith } from "../../../support/files";
import { useKubectl, without } from "../../../support/fake-kubectl";
import { Mocks } from "../../../support/mocks";

before(() => Mocks.start());

const cluster: Cluster = { context: "dev", kubeconfig: "", clusterIdentifier: "dev" };
const host = "ping.example.com";
const gateway = { host, gateway: { name: "public", namespace: "traefik" } };
const ingress = { host, ingress: { class: "traefik", annotations: {} } };
const nowhere = {
  message:
    "the network policy must let the controller of the Ingress in, and nothing says where it runs: set expose.from to a " +
    "list of its namespace, or of the load balancer's networks, such as the subnets of an ALB.",
};
const helm = { "meta.helm.sh/release-namespace": "edge" };

/** Puts a kubectl on PATH that finds these objects. Returns what it was asked. */
function useCluster(
  t: TestContext,
  ...objects: readonly { name: string; annotations?: object; controller?: string }[]
): () => string {
  const said = join(directoryWith(t, {}), "said");
  const items = objects.map(({ controller, ...metadata }) => ({ metadata, spec: { controller } }));
  useKubectl(t, `echo "$@" > ${said}; echo '${JSON.stringify({ items })}'`);
  return () => readFileSync(said, "utf8");
}

test("a Gateway's connections come from its namespace, unless the config says where from", async (t) => {
  const asked = useCluster(t, { name: "internal" }, { name: "public" });
  assert.deepEqual(await findExposure(cluster, gateway), { ...gateway, from: ["traefik"] });
  assert.match(asked(), / get --raw \/apis\/gateway.networking.k8s.io\/v1\/namespaces\/traefik\/gateways\n$/);
  assert.deepEqual(await findExposure(cluster, { ...gateway, from: ["10.0.0.0/8"] }), {
    ...gateway,
    from: ["10.0.0.0/8"],
  });
});

test("an Ingress' connections come from where Helm put its class, unless the config says where from", async (t) => {
  const asked = useCluster(t, { name: "nginx" }, { name: "traefik", annotations: helm });
  assert.deepEqual(await findExposure(cluster, ingress), { ...ingress, from: ["edge"] });
  assert.match(asked(), / get --raw \/apis\/networking.k8s.io\/v1\/ingressclasses\n$/);
  assert.deepEqual(await findExposure(cluster, { ...ingress, from: ["other"] }), { ...ingress, from: ["other"] });
});

test("a class that doesn't tell where its controller runs needs the config to say so", async (t) => {
  useCluster(t, { name: "traefik" });
  assert.deepEqual(await findExposure(cluster, { ...ingress, from: ["edge"] }), { ...ingress, from: ["edge"] });
  await assert.rejects(findExposure(cluster, ingress), nowhere);
  // An ALB isn't a pod, wherever Helm put its controller.
  useCluster(t, { name: "traefik", annotations: helm, controller: "ingress.k8s.aws/alb" });
  await assert.rejects(findExposure(cluster, ingress), nowhere);
});

test("a Gateway or a class that isn't there is refused with the names of those that are", async (t) => {
  useCluster(t, { name: "internal" }, { name: "partners" });
  await assert.rejects(findExposure(cluster, gateway), {
    message:
      "the cluster has no Gateway public in the namespace traefik; it has internal, partners. Make it, or choose another " +
      "with pulumi config set --path expose.gateway.name NAME.",
  });
  useCluster(t);
  await assert.rejects(findExposure(cluster, ingress), {
    message:
      "the cluster has no IngressClass traefik; it has none. Make it, or choose another with pulumi config set --path " +
      "expose.ingress.class NAME.",
  });
});

test("a cluster without the Gateway API is told from one without the Gateway", async (t) => {
  useKubectl(t, without);
  await assert.rejects(findExposure(cluster, gateway), {
    message:
      "the cluster has no Gateway public in the namespace traefik: it doesn't know Gateways (gateway.networking.k8s.io/v1). " +
      "Install a controller of the Gateway API with its CRDs, or set expose.ingress instead.",
  });
});
