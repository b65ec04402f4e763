import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as networking from "@pulumi/kubernetes/networking/v1";
import type * as pulumi from "@pulumi/pulumi";
import type { Exposure } from "../../cluster";
import type { ExposeConfig } from "../../config";
import { portName } from "../pod";
import type { Timing } from "../timing";

/** Port of the Service. */
export const servicePort = 80;

type Metadata = Readonly<Record<"name" | "namespace", pulumi.Input<string>>>;

/** Registers the HTTPRoute that leads from a Gateway to the Service of the same name. */
export function httpRoute(name: string, { host, gateway }: Exposure, metadata: Metadata, parent: pulumi.Resource) {
  const backend = { name: metadata.name, port: servicePort };
  const spec = { parentRefs: [{ ...gateway }], hostnames: [host], rules: [{ backendRefs: [backend] }] };
  const args = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata, spec };
  return new CustomResource(name, args, { parent });
}

/** Registers the Ingress that leads to the Service of the same name. The provider waits until it has an address. */
export function ingress(
  name: string,
  { host, class: ingressClassName, tlsSecret, annotations }: { host: string } & NonNullable<ExposeConfig["ingress"]>,
  metadata: Metadata,
  { timeout }: Timing,
  parent: pulumi.Resource,
): void {
  const backend = { service: { name: metadata.name, port: { name: portName } } };
  new networking.Ingress(
    name,
    {
      metadata: { ...metadata, annotations },
      spec: {
        ingressClassName,
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        ...(tlsSecret === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecret }] }),
      },
    },
    { parent, customTimeouts: { create: `${timeout}s`, update: `${timeout}s` } },
  );
}
