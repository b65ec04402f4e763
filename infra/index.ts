import * as pulumi from "@pulumi/pulumi";
import { contextCluster } from "./cluster";
import { readConfig } from "./config";
import { ServiceImage } from "./image";
import { dnsLabel } from "./names";
import { existingRegistry, registryReader } from "./registry";
import { GoService } from "./service";

/** Config → cluster → registry → image → service → stack outputs. Pulumi calls the exported function and awaits it. */
export = async function program() {
  const { cluster, registry, source, platforms, port, healthPath, env, replicas, progressDeadline, resources, egress } =
    readConfig();
  const name = pulumi.getProject();

  // First the one that registers nothing: both are known to be there before there is any resource.
  const repository = await existingRegistry(registry);
  const kubernetes = await contextCluster(cluster.context);

  const image = new ServiceImage(name, { source, platforms, registry: repository }, { providers: [registryReader()] });

  const service = new GoService(
    name,
    {
      namespace: dnsLabel(`${name}-${pulumi.getStack()}`),
      service: dnsLabel(name),
      image: image.reference,
      platforms,
      port,
      healthPath,
      env,
      replicas,
      progressDeadline,
      resources,
      egress,
    },
    // A build that fails, or an image that lacks a platform, leaves the cluster as it is.
    { providers: [kubernetes], dependsOn: [image] },
  );

  return {
    image: image.reference,
    platforms: image.platforms,
    namespace: service.namespace,
    service: service.service,
    url: service.url,
  };
};
