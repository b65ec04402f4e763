import * as ecr from "@pulumi/aws/ecr";
import { type AwsAccount, Failure, type Login, reasonOf } from "../../../common";
import type { EcrConfig, PinnedSource } from "../../config";
import { findLogin } from "../find-login";
import type { FoundRegistry } from "../registry";
import { checkAdopted } from "./check-adopted";
import { checkEcrImage } from "./check-ecr-image";

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
  const { host, token } = await logIn();
  if (image) {
    checkEcrImage(image, config, host, account);
  }
  const path = config.repository ?? image?.repository.path;
  if (path === undefined) {
    throw new Failure("registry.ecr.repository is missing, and no image names a repository.");
  }
  const own = { name: `${host}/${path}`, host, path };
  if (config.use === "adopt") {
    await checkAdopted(own, token);
  }
  const repository = image?.repository ?? own;
  const login = await findLogin(repository.host, token);
  return { kind: "ecr", repository, login, config, account };
}

/** Asks AWS for the registry's host, and for a token. Docker's protocol accepts it for 12 h. */
async function logIn(): Promise<{ readonly host: string; readonly token: Login }> {
  const { proxyEndpoint, userName, password, expiresAt } = await ecr.getAuthorizationToken().catch((error: unknown) => {
    throw new Failure(`ECR gives no token to push or pull with (ecr:GetAuthorizationToken): ${reasonOf(error)}.`);
  });
  if (Date.parse(expiresAt) <= Date.now()) {
    // With an expired token, BuildKit would say "403 Forbidden" after the build.
    throw new Failure(
      `ECR's token has expired at ${expiresAt}; this machine's clock says ${new Date().toISOString()}. Set the clock, then run the command again.`,
    );
  }
  return { host: new URL(proxyEndpoint).host, token: { username: userName, password } };
}
