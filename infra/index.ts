import * as pulumi from "@pulumi/pulumi";
import { callerAccount, dnsLabel } from "./base";
import { clusterProvider, findCluster, findWayIn, getFromApi, hasResource, publicUrl } from "./cluster";
import { readConfig } from "./config";
import { githubRoles } from "./github";
import { findBases, findSource, ServiceImage } from "./image";
import { findRegistry, openRegistry, pullLogin, registryReader } from "./registry";
import { explainFailure } from "./rollout";
import { GoService, hashEnv, podMonitors, podRole, timing } from "./service";

/** Config → look-ups → registry → image → service → stack outputs. Pulumi calls the exported function and awaits it. */
export = async function program() {
  // Pulumi runs the program in this folder, that of `main`. The paths in a stack file start at the project's folder.
  if (process.cwd() === __dirname) {
    process.chdir("..");
  }
  const config = readConfig();
  const { name, platforms, port, health, args, env, replicas } = config;
  const { progressDeadline, startDeadline, migrate, resources, quota, egress } = config;

  // The hash takes 0.3 s in another thread. Meanwhile the look-ups run and the providers start.
  const hashedEnv = hashEnv(config.secretEnv);

  // Look-ups return plain data. If one fails, the program ends before it makes a resource.
  const account = await callerAccount(config.aws);
  const source = await findSource(config.source, account);
  const foundRegistry = await findRegistry(config.registry, source, account);
  const [bases, cluster] = await Promise.all([
    findBases(source, platforms, foundRegistry),
    findCluster(config.cluster),
  ]);

  const metrics = config.metrics && { ...config.metrics, podMonitor: await hasResource(cluster, podMonitors) };
  const wayIn = config.expose && (await findWayIn(cluster, config.expose));

  const kubernetes = clusterProvider(cluster);
  const registry = openRegistry(name, foundRegistry);
  const image = new ServiceImage(name, { source, bases, platforms, registry, args }, { providers: [registryReader()] });

  const namespace = dnsLabel(`${name}-${pulumi.getStack()}`);
  const pods = podRole(name, config, { namespace, serviceAccount: dnsLabel(name) }, account);
  const service = new GoService(
    name,
    {
      namespace,
      service: dnsLabel(name),
      image: image.reference,
      platforms,
      port,
      health,
      args,
      env,
      secretEnv: await hashedEnv,
      pullLogin: pullLogin(foundRegistry),
      replicas,
      progressDeadline,
      startDeadline,
      migrate,
      metrics,
      wayIn,
      resources,
      quota,
      egress,
      podRole: pods?.role,
      onError: explainFailure((path) => getFromApi(cluster, path, "why the rollout failed")),
    },
    // If the build fails, or if the image lacks a platform, the cluster stays as it is.
    { providers: [kubernetes], dependsOn: image.verified },
  );

  const url = wayIn && publicUrl(cluster, wayIn, service.route, timing(progressDeadline).timeout);

  return {
    image: image.reference,
    platforms: image.platforms,
    namespace: service.namespace,
    service: service.service,
    url: url ?? service.url,
    ...(url && { internalUrl: service.url }),
    ...(pods && { podRole: pods.role }),
    ...githubRoles(name, config, foundRegistry, pods),
  };
};
