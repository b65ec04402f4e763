import type * as Ecr from "./ecr-registry";
import type { FoundRegistry, Registry } from "./registry";

/**
 * Registers what a stack needs in its registry: the repository in ECR that it makes, and nothing in any other registry.
 */
export function openRegistry(name: string, found: FoundRegistry): Registry {
  const { repository, credentials } = found;
  if (found.kind === "existing") {
    return { repository: repository.name, host: repository.host, address: found.address, credentials };
  }
  // Loaded here, so that a stack without ECR doesn't load the AWS SDK.
  const { EcrRegistry } = require("./ecr-registry") as typeof Ecr;
  const { config } = found;
  return new EcrRegistry(name, {
    repository,
    credentials: found.credentials,
    make: config.use === "make" ? config : undefined,
  });
}
