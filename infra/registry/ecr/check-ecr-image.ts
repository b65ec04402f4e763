import { type AwsAccount, ecrAccount, Failure } from "../../../common";
import type { EcrConfig, PinnedSource } from "../../config";
import { checkImage } from "../check-image";

/**
 * Checks that a pinned image is in a registry in ECR that may get the token of the stack's account: the account's own,
 * or in the same region that of an account which `aws:allowedAccountIds` names or whose image `imageFrom`'s stack
 * deploys.
 *
 * @param host Host of the account's own registry.
 * @throws Failure if the image is anywhere else, or in another repository than the config's.
 */
export function checkEcrImage(
  { repository, promotedFrom }: PinnedSource,
  config: EcrConfig,
  host: string,
  account: AwsAccount,
): void {
  const owner = ecrAccount(repository.host);
  if (owner === undefined || repository.host === host || repository.host !== registryOf(owner, host)) {
    checkImage(repository, { key: "registry.ecr", host, path: config.repository });
    return;
  }
  const promoter = promotedFrom === undefined ? undefined : ecrAccount(promotedFrom);
  const trusted = [...new Set([...account.allowedIds, ...(promoter === undefined ? [] : [promoter])])];
  if (!trusted.includes(owner)) {
    throw new Failure(
      `the image is in ${repository.name}, and this stack deploys from ECR of ${trusted.join(", ")} only: the accounts of ` +
        "aws:allowedAccountIds and of imageFrom's stack. Choose an image from there, or name the stack that pushed this one " +
        "in imageFrom.",
    );
  }
  if (config.use === "pull") {
    checkImage(repository, { key: "registry.ecr", host: repository.host, path: config.repository });
  }
}

/** Host of another account's registry in the region of `host`. */
function registryOf(account: string, host: string): string {
  return account + host.slice(account.length);
}
