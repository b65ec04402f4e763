import * as pulumi from "@pulumi/pulumi";
import { callerAccount, dnsLabel } from "./base";
import { clusterProvider } from "./cluster";
import { readConfig } from "./config";
import { githubRoles } from "./github";
import { findSource, ServiceImage } from "./image";
import { findRegistry, registryReader } from "./registry";
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

  // First what registers nothing but reads: account, image, registry and cluster are there before any resource is.
  const account = await callerAccount(config.aws);
  const source = await findSource(config.source);
  const openRegistry = await findRegistry(config.registry, source);
  const kubernetes = await clusterProvider(config.cluster);

  const registry = openRegistry(name);
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
    ...githubRoles(name, config, source, account),
  };
};
