import { inSandboxDirectory } from "../ground/paths";

/** The one region of the sandbox's AWS. */
export const region = "eu-central-1";

/** The account with a registry, to which the cluster's nodes belong: moto's default, which is in AWS's documentation. */
export const account = "123456789012";

/** Another account, which has no registry and pulls from the first one's. */
export const otherAccount = "210987654321";

/** The role by which a person takes on another account. AWS's own roles are those that a stack registers. */
export const personsRole = "person";

/** The registry of {@link account}. */
export const ecrRegistry = {
  /** ECR's name for it, on which it listens on port 443 as the real one does. */
  host: `${account}.dkr.ecr.${region}.amazonaws.com`,
  /** What that name means in the sandbox: a loopback address that nothing else takes. */
  address: "127.0.95.1",
} as const;

/** Sockets through which the node reaches what listens on the machine. */
export const awsSockets = {
  registry: inSandboxDirectory("ecr.sock"),
  controlPlane: inSandboxDirectory("aws.sock"),
  tokenReview: inSandboxDirectory("token-review.sock"),
} as const;

/** The port on which the node's API server asks whose token it has; the one of AWS's own authenticator. */
export const tokenReviewPort = 21362;

/** Every call of a role so far, a line of JSON each. */
export const callsFile = inSandboxDirectory("aws", "calls");

/** How long a token is valid, in seconds, for a test of what happens afterwards; ECR's own 12 hours without this file. */
export const tokenValidityFile = inSandboxDirectory("aws", "token-validity");

/** `/etc/hosts` of whatever has to find the registry. */
export const hosts = inSandboxDirectory("hosts");
