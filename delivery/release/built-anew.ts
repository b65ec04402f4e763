import { Failure, parsePinned } from "../../common";
import type { Run } from "../run";
import { configValue, previewUpdate, stackOutputs } from "../stack";

/**
 * Config of an update that deploys no image which somebody else may have built: where the registry has the content's image
 * already, and its signature isn't the workflow's, the key `rebuild` gives the same content another tag. The numbers are the
 * same each time, so that the next release finds what this one has built and signed.
 *
 * @param isSigned Whether an image carries the workflow's own signature.
 * @throws Failure where a preview fails, or Pulumi hides which image the stack would deploy.
 */
export async function builtAnew(
  run: Run,
  stack: string,
  cwd: string,
  isSigned: (image: string) => Promise<boolean>,
): Promise<Readonly<Record<string, string>>> {
  let config = {};
  let wanted: string | undefined;
  for (let number = 1; ; number++) {
    const { status, resources } = await previewUpdate(run, stack, { cwd, config });
    const { image } = stackOutputs(resources);
    if (status !== 0) {
      throw new Failure(
        `pulumi preview ended with ${status}, so nobody knows whether the image that ${stack} would deploy is signed`,
      );
    }
    if (image === undefined) {
      throw new Failure(
        `nobody knows whether the image that ${stack} would deploy is signed, because Pulumi hides its name: it is a secret, or ` +
          "a secret of the config stands in it, such as a password that is also the image's name. Choose another password.",
      );
    }
    // An image that isn't known yet is one that this release builds.
    if (parsePinned(image) === undefined || (await isSigned(image))) {
      return config;
    }
    // Once, because a preview writes the key to the stack's file.
    wanted ??= await prefix(run, stack, cwd);
    config = { rebuild: `${wanted}unsigned-${number}` };
  }
}

/** What the stack's own value of the key `rebuild` puts before the number. */
async function prefix(run: Run, stack: string, cwd: string): Promise<string> {
  const own = await configValue(run, stack, "rebuild", cwd);
  return own === undefined ? "" : `${own}-`;
}
