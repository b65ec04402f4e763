import * as ecr from "@pulumi/aws/ecr";
import * as pulumi from "@pulumi/pulumi";
import { type AwsAccount, Failure, reasonOf } from "../base";
import type { EcrConfig, PinnedSource } from "../config";
import { checkEcrImage } from "./check-ecr-image";
import type { Credentials, FoundRegistry } from "./registry";

/**
 * Finds a repository in the account's registry, and a pinned image in that registry or in another account's.
 *
 * @throws Failure if AWS refuses a token, if a repository to adopt doesn't exist, or if the image is in a registry that
 * the token isn't for.
 */
export async function findEcr(
  config: EcrConfig,
  image: PinnedSource | undefined,
  account: AwsAccount,
): Promise<FoundRegistry> {
  const { host, credentials } = await logIn();
  if (image) {
    checkEcrImage(image, config, host, account);
  }
  const path = config.repository ?? image?.repository.path;
  if (path === undefined) {
    throw new Failure("registry.ecr.repository is missing, and no image names a repository.");
  }
  if (config.use === "adopt") {
    await checkRepository(path);
  }
  const repository = image?.repository ?? { name: `${host}/${path}`, host, path };
  return { kind: "ecr", repository, credentials, config, account };
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
