import { Failure, type Repository } from "../../common";

/** Where a stack's config wants the image to be. */
interface WantedPlace {
  /** The config key that says so. */
  readonly key: string;
  /** Host of the registry. */
  readonly host: string;
  /** Path of the repository. Undefined allows every repository in the registry. */
  readonly path?: string | undefined;
}

/**
 * Checks that a pinned image is where the stack's registry is. Otherwise the registry's credentials would be sent to
 * the image's host.
 *
 * @throws Failure that names both places.
 */
export function checkImage(image: Repository, { key, host, path }: WantedPlace): void {
  if (image.host !== host || (path !== undefined && image.path !== path)) {
    const wanted = path === undefined ? host : `${host}/${path}`;
    throw new Failure(
      `the image is in ${image.name}, and ${key} of this stack means ${wanted}. Choose an image from there, or change ${key}.`,
    );
  }
}
