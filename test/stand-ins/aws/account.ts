import type { ECR } from "@aws-sdk/client-ecr";
import type { EKS } from "@aws-sdk/client-eks";
import type { IAM } from "@aws-sdk/client-iam";
import type { Settings } from "./settings";

/** Who the credentials belong to. */
export interface Identity {
  readonly accountId: string;
  readonly arn: string;
}

/** An account in a region: what the resources and functions call. */
export interface Account {
  readonly region: string;
  readonly identity: Identity;
  readonly defaultTags: Readonly<Record<string, string>>;
  /** Each client is loaded when it is first called: together they are a second of every preview. */
  ecr(): Promise<ECR>;
  eks(): Promise<EKS>;
  iam(): Promise<IAM>;
}

// On Node.js 20 the SDK warns of its next year's versions, and whatever a plugin writes shows up in `pulumi up`.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** Milliseconds for a connection, and for an answer: an endpoint that isn't there must not look like a slow one. */
const requestHandler = { connectionTimeout: 5000, requestTimeout: 30_000 };

/**
 * Finds out whose credentials there are, from the sources that every AWS SDK tries.
 *
 * @throws Error without credentials, or with those of an account that isn't allowed, as the real provider has it.
 */
export async function openAccount({ region, allowedAccountIds, defaultTags }: Settings): Promise<Account> {
  const config = { region, requestHandler };
  const identity = await callerIdentity(config);
  if (!allowedAccountIds.includes(identity.accountId)) {
    throw new Error(`AWS account ID not allowed: ${identity.accountId}`);
  }
  return {
    region,
    identity,
    defaultTags,
    ecr: once(async () => new (await import("@aws-sdk/client-ecr")).ECR(config)),
    eks: once(async () => new (await import("@aws-sdk/client-eks")).EKS(config)),
    iam: once(async () => new (await import("@aws-sdk/client-iam")).IAM(config)),
  };
}

async function callerIdentity(config: { region: string }): Promise<Identity> {
  const { STS } = await import("@aws-sdk/client-sts");
  try {
    const sts = new STS(config);
    // Pulumi's part of the real provider asks first, Terraform's after it.
    await sts.getCallerIdentity();
    const { Account = "", Arn = "" } = await sts.getCallerIdentity();
    return { accountId: Account, arn: Arn };
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error;
    }
    const missing = error.name === "CredentialsProviderError" ? "No valid credential sources found. " : "";
    throw new Error(`unable to validate AWS credentials.\nDetails: ${missing}${error.message}`, { cause: error });
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** What a call answers, or undefined where it fails by one of these names: AWS has no such thing. */
export async function unless<T>(missing: readonly string[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && missing.includes(error.name)) {
      return undefined;
    }
    throw error;
  }
}

/** Puts what was being done, and for an error of AWS its own name, in front of the message. */
export async function explained<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error;
    }
    const name = "$fault" in error ? `${error.name}: ` : "";
    throw new Error(`${what}: ${name}${error.message}`, { cause: error });
  }
}
