import { Failure } from "../../../common";
import { run, type RunOptions } from "../ground/run";

/** A command that the sandbox in Docker needs, asked for its version. */
interface Requirement {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** How to get it. */
  readonly get: string;
  /** The oldest minor version of a 0.x, as the command tells its own. */
  readonly oldestMinor?: number;
}

const requirements: readonly Requirement[] = [
  {
    name: "docker buildx",
    argv: ["docker", "buildx", "version"],
    get: "comes with Docker Desktop; the package docker-buildx or docker-buildx-plugin elsewhere",
  },
  {
    name: "kind",
    argv: ["kind", "version", "--quiet"],
    get: "brew install kind, or https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    // The first whose nodes look for registries in /etc/containerd/certs.d.
    oldestMinor: 27,
  },
  {
    name: "kubectl",
    argv: ["kubectl", "version", "--client"],
    get: "brew install kubectl, or https://kubernetes.io/docs/tasks/tools/",
  },
  {
    name: "pulumi",
    argv: ["pulumi", "version"],
    get: "brew install pulumi/tap/pulumi, or https://www.pulumi.com/docs/iac/download-install/",
  },
];

/** What is wrong with a requirement, in one line; undefined where it is met. */
async function problem(requirement: Requirement, options: RunOptions): Promise<string | undefined> {
  const { name, argv, get, oldestMinor } = requirement;
  let version: string;
  try {
    version = await run(argv, options);
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    return `${name} is missing: ${get}`;
  }
  const minor = /\b0\.(\d+)/.exec(version)?.[1];
  return oldestMinor !== undefined && minor !== undefined && Number(minor) < oldestMinor
    ? `${name} ${version.trim()} is too old, 0.${String(oldestMinor)} is needed: ${get}`
    : undefined;
}

/**
 * Makes sure that everything is installed that the sandbox in Docker runs.
 * @throws Failure naming all that is missing, each with how to get it.
 */
export async function checkRequirements(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }, signal };
  const found = await Promise.all(requirements.map((requirement) => problem(requirement, options)));
  const problems = found.filter((each) => each !== undefined);
  if (problems.length > 0) {
    throw new Failure(
      `Docker is there, but not all that the sandbox needs beside it:\n${problems.map((each) => `  ${each}\n`).join("")}` +
        "Or start the sandbox without Docker, on Linux as root: npm start -- --without-docker",
    );
  }
}
