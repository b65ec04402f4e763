import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import { Failure } from "./failure";
import { reasonOf } from "./plugin-error";

/** The AWS provider's own config keys. */
export interface AwsConfig {
  readonly region: string;
  /** Numbers of the accounts that the stack may change, and whose images it may deploy. */
  readonly allowedAccountIds: readonly string[];
}

/** The AWS account that a stack changes. */
export interface AwsAccount {
  /** 12 digits. */
  readonly id: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, …: the second part of every ARN in the account. */
  readonly partition: string;
  readonly region: string;
  /** Numbers of the accounts that `aws:allowedAccountIds` names, this one among them. */
  readonly allowedIds: readonly string[];
}

/**
 * Asks AWS whose credentials this machine has. Undefined for a stack without AWS.
 *
 * The whole program uses AWS's default provider. The stack file's keys `aws:…` configure that provider, with its
 * default tags and its credentials.
 *
 * @throws Failure if there are no valid credentials, or if they belong to an account that the config doesn't allow.
 */
export async function callerAccount(config: AwsConfig | undefined): Promise<AwsAccount | undefined> {
  if (config === undefined) {
    return undefined;
  }
  const { accountId, arn } = await getCallerIdentity().catch((error: unknown) => {
    const reason = reasonOf(error);
    // The provider checks the account too, before it answers.
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
  const { region, allowedAccountIds: allowedIds } = config;
  return { id: accountId, partition: arn.split(":")[1] ?? "aws", region, allowedIds };
}

function wrongAccount(whose: string, { allowedAccountIds }: AwsConfig): Failure {
  return new Failure(
    `the AWS credentials are those of ${whose}, and aws:allowedAccountIds allows only ${allowedAccountIds.join(", ")}. ` +
      "Use other credentials, or change that list.",
  );
}
