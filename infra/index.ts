import * as pulumi from "@pulumi/pulumi";
import { callerAccount, dnsLabel, ownResources } from "../common";
import {
  clusterProvider,
  findCluster,
  findDeployment,
  findExposure,
  getFromApi,
  hasResource,
  publicUrl,
  unrecordedChange,
} from "./cluster";
import { readConfig } from "./config";
import { cleaner, githubRoles } from "./github";
import { buildProvider, checkBuilder, checkPush, findBases, findImage, findSource, ServiceImage } from "./image";
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
  const { name, platforms } = config;
  const namespace = dnsLabel(`${name}-${pulumi.getStack()}`);

  // The hash takes 0.3 s in another thread. Meanwhile the look-ups run and the providers start.
  const hashedEnv = hashEnv(config.encryptedEnv);

  // Look-ups return plain data. If one fails, the program ends before it makes a resource.
  const account = await callerAccount(config.aws);
  const source = await findSource(config.source, account);
  const [foundRegistry, own] = await Promise.all([findRegistry(config.registry, source, account), ownResources()]);
  const foundCluster = findCluster(config.cluster);
  const foundBases = findBases(source, platforms, foundRegistry);
  const [bases, foundImage, cluster, deployment] = await Promise.all([
    foundBases,
    foundBases.then((found) => findImage(name, source, found, platforms, foundRegistry, own)),
    foundCluster,
    foundCluster.then((found) => findDeployment(found, own, namespace, dnsLabel(name))),
  ]);
  checkBuilder(foundImage, foundRegistry);
  await checkPush(foundImage, foundRegistry);

  const metrics = config.metrics && { ...config.metrics, podMonitor: await hasResource(cluster, podMonitors) };
  const exposure = config.expose && (await findExposure(cluster, config.expose));

  const kubernetes = clusterProvider(cluster);
  const registry = openRegistry(name, foundRegistry, cleaner(name, config.github, account));
  const repository = foundRegistry.kind === "existing" ? foundRegistry.repository.name : undefined;
  const imageArgs = { image: foundImage, bases, platforms, registry, repository, args: config.service.args, own };
  const image = new ServiceImage(name, imageArgs, { providers: [registryReader(), ...buildProvider(foundImage)] });

  const podIdentity = podRole(name, config, { namespace, serviceAccount: dnsLabel(name) }, account);
  const service = new GoService(
    name,
    {
      ...config.service,
      namespace,
      service: dnsLabel(name),
      image: image.reference,
      user: image.user,
      platforms,
      encryptedEnv: await hashedEnv,
      pullLogin: pullLogin(foundRegistry),
      metrics,
      exposure,
      podRole: podIdentity?.role,
      onError: explainFailure((path) => getFromApi(cluster, path, "why the rollout failed")),
      unrecordedChange: unrecordedChange(own, deployment),
    },
    // If the build fails, or if the image lacks a platform, the cluster stays as it is.
    { providers: [kubernetes], dependsOn: image.verified },
  );

  const url = exposure && publicUrl(cluster, exposure, service.route, timing(config.service.progressDeadline).timeout);

  return {
    image: image.reference,
    platforms: image.platforms,
    namespace: service.namespace,
    service: service.service,
    url: url ?? service.url,
    ...(url && { internalUrl: service.url }),
    ...(podIdentity && { podRole: podIdentity.role }),
    ...githubRoles(name, config, foundRegistry, podIdentity),
  };
};
