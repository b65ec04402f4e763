import { Failure, mayPush } from "../../../common";
import type { FoundRegistry } from "../../registry";
import type { FoundImage } from "../find-image";

/**
 * Checks that an image to build can be pushed where nobody is logged in. Docker Hub and others let anybody ask `/v2/`, and a
 * build would find out only at its end that they refuse the push.
 *
 * @throws Failure if the registry lets nobody push without a login.
 */
export async function checkPush(image: FoundImage, { repository, login }: FoundRegistry): Promise<void> {
  if (image.kind === "there" || image.digest !== undefined || login !== undefined) {
    return;
  }
  const { host, name } = repository;
  if (!(await mayPush(repository, undefined))) {
    throw new Failure(
      `nobody is logged in to the registry ${host}, which lets nobody push to ${name} without a login. ` +
        `Run docker login ${host}, or set registry.username and registry.password.`,
    );
  }
}
