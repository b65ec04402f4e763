import type * as AwsIdentity from "@pulumi/aws/getCallerIdentity";
import { Failure } from "./failure";
import { reasonOf } from "./plugin-error";

/** Where AWS is used, by the provider's own keys. */
export interface AwsConfig {
  readonly region: string;
  /** Numbers of the accounts that may be changed. */
  readonly allowedAccountIds: readonly string[];
}

/** The AWS account that the program works in. */
export interface AwsAccount {
  /** 12 digits. */
  readonly id: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, …: the second part of every ARN in it. */
  readonly partition: string;
  readonly region: string;
}

/**
 * Asks AWS whose credentials these are; nothing, and the AWS SDK isn't loaded, for a stack that uses no AWS.
 *
 * Here and everywhere it is the default provider that is used: the keys `aws:…` of the stack file configure it, the
 * default tags and every way to get credentials among them, and nothing has to be passed on.
 *
 * @throws Failure where there are no valid credentials, or they are another account's.
 */
export async function callerAccount(config: AwsConfig | undefined): Promise<AwsAccount | undefined> {
  if (config === undefined) {
    return undefined;
  }
  const { getCallerIdentity } = require("@pulumi/aws/getCallerIdentity") as typeof AwsIdentity;
  const { accountId, arn } = await getCallerIdentity().catch((error: unknown) => {
    const reason = reasonOf(error);
    // The provider compares the account by itself where it checks credentials.
    const [, other] = /AWS account ID not allowed: (\d+)/.exec(reason) ?? [];
    if (other !== undefined) {
      throw wrongAccount(`account ${other}`, config);
    }
    const missing = /credential/i.test(reason)
      ? "no AWS credentials that work were found"
      : "AWS can't be asked whose credentials these are";
    throw new Failure(`${missing}: ${reason}. aws sts get-caller-identity says whether this machine has any.`);
  });
  if (!config.allowedAccountIds.includes(accountId)) {
    throw wrongAccount(`${arn} in account ${accountId}`, config);
  }
  return { id: accountId, partition: arn.split(":")[1] ?? "aws", region: config.region };
}

function wrongAccount(whose: string, { allowedAccountIds }: AwsConfig): Failure {
  return new Failure(
    `the AWS credentials are those of ${whose}, and aws:allowedAccountIds allows only ${allowedAccountIds.join(", ")}. ` +
      "Use other credentials, or change that list.",
  );
}
