import * as ecr from "@pulumi/aws/ecr";
import * as pulumi from "@pulumi/pulumi";
import { Failure, reasonOf, type Repository } from "../base";
import type { EcrConfig } from "../config";
import { checkImage } from "./check-image";
import type { Credentials, FoundRegistry } from "./registry";

/**
 * Finds a repository in the account's registry.
 *
 * @param image The repository of a pinned image.
 * @throws Failure if AWS refuses a token, if a repository to adopt doesn't exist, or if the image isn't in the
 * repository.
 */
export async function findEcr(config: EcrConfig, image: Repository | undefined): Promise<FoundRegistry> {
  const { host, credentials } = await logIn();
  if (image) {
    checkImage(image, { key: "registry.ecr", host, path: config.repository });
  }
  const path = config.repository ?? image?.path;
  if (path === undefined) {
    throw new Failure("registry.ecr.repository is missing, and no image names a repository.");
  }
  if (config.use === "adopt") {
    await checkRepository(path);
  }
  return { kind: "ecr", repository: { name: `${host}/${path}`, host, path }, credentials, config };
}

/**
 * Asks AWS for a token. Docker's protocol accepts it for 12 h. Each token is a new one and still makes no diff: the
 * docker-build provider compares only a registry's address and user.
 */
async function logIn(): Promise<{ readonly host: string; readonly credentials: Credentials }> {
  const { proxyEndpoint, userName, password, expiresAt } = await ecr.getAuthorizationToken().catch((error: unknown) => {
    throw new Failure(`ECR gives no token to push or pull with (ecr:GetAuthorizationToken): ${reasonOf(error)}.`);
  });
  if (Date.parse(expiresAt) <= Date.now()) {
    // With an expired token, BuildKit would say "403 Forbidden" after the build.
    throw new Failure(
      `ECR's token has expired at ${expiresAt}; this machine's clock says ${new Date().toISOString()}. Set the clock, then run the command again.`,
    );
  }
  return {
    host: new URL(proxyEndpoint).host,
    credentials: { username: userName, password: pulumi.secret(password) },
  };
}

async function checkRepository(name: string): Promise<void> {
  await ecr.getRepository({ name }).catch((error: unknown) => {
    throw new Failure(
      `the repository ${name} can't be found in ECR: ${reasonOf(error)}. ` +
        "Leave out registry.ecr.adopt to make the repository, or name another one in registry.ecr.repository.",
    );
  });
}
