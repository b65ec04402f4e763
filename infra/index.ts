import * as pulumi from "@pulumi/pulumi";
import { callerAccount, dnsLabel } from "./base";
import { clusterProvider, findCluster } from "./cluster";
import { readConfig } from "./config";
import { githubRoles } from "./github";
import { findSource, ServiceImage } from "./image";
import { findRegistry, openRegistry, registryReader } from "./registry";
import { GoService } from "./service";

/** Config → cluster → registry → image → service → stack outputs. Pulumi calls the exported function and awaits it. */
export = async function program() {
  // Pulumi runs a program in the folder of its main, this one; the paths in a stack's file start at the project's.
  if (process.cwd() === __dirname) {
    process.chdir("..");
  }
  const config = readConfig();
  const { platforms, port, healthPath, env, replicas, progressDeadline, resources, egress } = config;
  const name = pulumi.getProject();

  // Look-ups first: they return plain data, so that whatever is missing ends the program before it makes a resource.
  const account = await callerAccount(config.aws);
  const source = await findSource(config.source);
  const foundRegistry = await findRegistry(config.registry, source);
  const cluster = await findCluster(config.cluster);

  const kubernetes = clusterProvider(cluster);
  const registry = openRegistry(name, foundRegistry);
  const image = new ServiceImage(name, { source, platforms, registry }, { providers: [registryReader()] });

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
    { providers: [kubernetes], dependsOn: image.verified },
  );

  return {
    image: image.reference,
    platforms: image.platforms,
    namespace: service.namespace,
    service: service.service,
    url: service.url,
    ...githubRoles(name, config, foundRegistry, account),
  };
};
