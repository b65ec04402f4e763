import type { Properties, Settings } from "./rule";
import { at, textAt } from "./members";

/** Accounts of AWS, and the end of the names of AWS's hosts in their partition. */
export type AwsAccounts = Pick<Settings, "accounts" | "awsDomain">;

/**
 * The AWS accounts that a stack may change, its config's `aws:allowedAccountIds`. They are an argument of AWS's default
 * provider, which the engine registers before anything that uses AWS. Undefined for any other resource.
 */
export function allowedAccounts(type: string, name: string, properties: Properties): AwsAccounts | undefined {
  if (type !== "pulumi:providers:aws" || !name.startsWith("default")) {
    return undefined;
  }
  const given = at(properties, "allowedAccountIds");
  // A provider gets lists of the config as JSON.
  const accounts: unknown = typeof given === "string" ? JSON.parse(given) : given;
  const china = textAt(properties, "region").startsWith("cn-");
  return {
    accounts: Array.isArray(accounts) ? accounts.map(String) : [],
    awsDomain: china ? "amazonaws.com.cn" : "amazonaws.com",
  };
}

/** The other AWS account whose image a stack deploys, by its registry's component. Undefined for any other resource. */
export function promotedFrom(type: string, properties: Properties): string | undefined {
  return (type === "ping:index:EcrRegistry" && textAt(properties, "promotedFrom")) || undefined;
}
