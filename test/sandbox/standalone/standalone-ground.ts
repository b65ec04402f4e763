import { writeFileSync } from "node:fs";
import { Failure } from "../../../common";
import { environment, makePulumiDirectories, writeBuilder } from "../environment";
import { run } from "../ground/run";
import type { Ground } from "../ground/ground";
import { inSandboxDirectory } from "../ground/paths";
import { checkPorts } from "../ground/ports";
import { until, whileProgress } from "../ground/until";
import { files } from "../network/sockets";
import { buildBinaries } from "../toolchain/build-binaries";
import { goVersion } from "../toolchain/go-modules";
import { installPackages, standalonePackages } from "../toolchain/packages";
import { installPlugins, placeCommands } from "../toolchain/plugins";
import { bringUp, group, inNode, isUp, logOf, markUp, tearDown } from "./machine";
import { missingModules } from "./node/network-policies";

function requireRoot(): void {
  if (process.platform !== "linux") {
    throw new Failure(`without Docker the sandbox needs Linux; this is ${process.platform}`);
  }
  if (process.getuid?.() !== 0) {
    throw new Failure("without Docker the sandbox makes namespaces and mounts: run it as root");
  }
}

const variables = () => ({ DOCKER_CONFIG: inSandboxDirectory("docker") });

async function up(signal: AbortSignal): Promise<void> {
  requireRoot();
  // Before anything is installed: nothing else here can bring a Go.
  await goVersion(signal);
  // What a sandbox that did not end well left behind would hold the ports.
  await tearDown();
  await installPackages(standalonePackages, signal);
  const missing = missingModules();
  if (missing.length > 0) {
    process.stderr.write(`Network policies are not enforced: the kernel lacks ${missing.join(", ")}.\n`);
  }
  await checkPorts();
  // Only this process sees all of them: a command in the sandbox sees those that a user may want.
  process.env["PATH"] = [...(await buildBinaries(signal)), process.env["PATH"]].join(":");
  try {
    await bringUp(signal);
    writeBuilder();
    makePulumiDirectories();
    await placeCommands();
    await installPlugins(environment({ variables }), signal);
    markUp();
  } catch (error) {
    await tearDown();
    throw error;
  }
}

/** The sandbox without Docker: what is built from package registries runs in namespaces of this machine. */
export const standaloneGround: Ground = {
  name: "standalone",
  isUp: () => Promise.resolve(isUp()),
  up,
  variables,
  openService: async ({ namespace, service }, answers, signal) => {
    const env = environment({ variables });
    const address = ["get", "service", service, "--namespace", namespace, "--output"] as const;
    const template = "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}";
    writeFileSync(files.serviceAddress, await run(["kubectl", ...address, template], { env, signal }));
    await until("the service", answers, whileProgress(group, logOf("forward")), signal);
  },
  down: tearDown,
  inNode,
};
