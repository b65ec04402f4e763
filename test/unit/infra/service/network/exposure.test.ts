import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { timing } from "../../../../../infra/service";
import { httpRoute, ingress } from "../../../../../infra/service/network/exposure";
import { Mocks } from "../../../../support/mocks";

const metadata = { name: "shop", namespace: "shop-dev" };
const host = "shop.example.com";
const parent = () => new pulumi.ComponentResource("test:index:Web", "web");

test("an HTTPRoute names its Gateway, the host and the Service", async () => {
  const mocks = await Mocks.start();
  const gateway = { name: "public", namespace: "traefik" };
  httpRoute("shop-route", { host, gateway, from: ["traefik"] }, metadata, parent());
  await mocks.registered();
  assert.deepEqual(mocks.inputs("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"), {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata,
    spec: { parentRefs: [gateway], hostnames: [host], rules: [{ backendRefs: [{ name: "shop", port: 80 }] }] },
  });
});

test("an Ingress names its class, the host, the Service, and the Secret of the certificate if there is one", async () => {
  const backend = { service: { name: "shop", port: { name: "http" } } };
  const annotations = { "cert-manager.io/cluster-issuer": "letsencrypt" };
  const spec = {
    ingressClassName: "traefik",
    rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
  };
  for (const [given, tls] of [
    [{ class: "traefik", annotations }, {}],
    [{ class: "traefik", annotations, tlsSecret: "shop-tls" }, { tls: [{ hosts: [host], secretName: "shop-tls" }] }],
  ] as const) {
    const mocks = await Mocks.start();
    ingress("shop-ingress", { host, ...given }, metadata, timing(120), parent());
    await mocks.registered();
    assert.deepEqual(mocks.inputs("kubernetes:networking.k8s.io/v1:Ingress"), {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { ...metadata, annotations },
      spec: { ...spec, ...tls },
    });
  }
});
