import { text } from "node:stream/consumers";
import { askRegistry, Failure, type Login, RegistryError, type Repository } from "../../../common";

/**
 * Checks that a repository in ECR exists, which a stack is to push to and doesn't make. The registry's API needs
 * `ecr:BatchGetImage` alone, which whoever pushes has. AWS's own look-up needs more, and reads every page of the images
 * (terraform-provider-aws#47871).
 *
 * @throws Failure if the repository doesn't exist, if ECR refuses to be asked, or if it can't be asked.
 */
export async function checkAdopted(repository: Repository, login: Login): Promise<void> {
  try {
    // Whether there is this tag doesn't matter.
    await askRegistry("GET", repository, "manifests/x", login, text);
  } catch (error) {
    if (!(error instanceof RegistryError)) {
      throw error;
    }
    // Of a missing tag in a repository, ECR says that the image is unknown.
    if (error.code !== "MANIFEST_UNKNOWN") {
      throw failure(error, repository);
    }
  }
}

function failure({ code, status, message }: RegistryError, { name, path }: Repository): Failure {
  if (code === "NAME_UNKNOWN") {
    return new Failure(
      `the repository ${path} doesn't exist in ECR: ${message}. ` +
        "Leave out registry.ecr.adopt to make the repository, or name another one in registry.ecr.repository.",
    );
  }
  if (status === 401 || status === 403) {
    return new Failure(
      `ECR doesn't tell whether the repository ${path} of registry.ecr.adopt exists: ${message}. ` +
        "Allow ecr:BatchGetImage on it to these credentials, or name another one in registry.ecr.repository.",
    );
  }
  return new Failure(
    `ECR can't be asked whether ${name} of registry.ecr.adopt exists: ${message}. ` +
      "Once this machine reaches it, run the command again.",
  );
}
