import { parsePinned } from "../../common";
import type { Run } from "../run";
import { preview } from "../stack";

/**
 * Options of an update that deploy no image which somebody else may have built: where the registry has the content's image
 * already, and its signature isn't the workflow's, the config key `rebuild` gives the same content another tag. The numbers
 * are the same each time, so that the next release finds what this one has built and signed.
 *
 * @param isSigned Whether an image carries the workflow's own signature.
 */
export async function builtAnew(
  run: Run,
  stack: string,
  cwd: string,
  isSigned: (image: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const { status, stdout } = await run(["pulumi", "config", "get", "rebuild", "--stack", stack], { cwd });
  const wanted = status === 0 ? `${stdout.trim()}-` : "";
  let options: string[] = [];
  for (let number = 1; ; number++) {
    const { image = "" } = await preview(run, stack, options, cwd);
    // An image that isn't known yet is one that this release builds.
    if (parsePinned(image) === undefined || (await isSigned(image))) {
      return options;
    }
    options = ["--config", `rebuild=${wanted}unsigned-${number}`];
  }
}
