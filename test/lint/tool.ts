import type { z } from "zod";
import { Failure } from "../../common";
import { execute } from "../support/execute";

/**
 * Runs a checker that writes JSON and returns that.
 * @param statuses The exit statuses by which it says that it did its work, whether or not it found something.
 * @throws Failure with what it wrote, for any other status and for other JSON: a checker that broke found nothing.
 */
export async function report<T>(
  argv: [string, ...string[]],
  statuses: readonly number[],
  schema: z.ZodType<T>,
): Promise<T> {
  const { status, stdout, stderr } = await execute(argv);
  if (!statuses.includes(status)) {
    throw new Failure(`${argv.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  }
  try {
    return schema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Failure(`${argv.join(" ")} wrote something else than expected: ${String(error)}\n${stdout}${stderr}`);
  }
}
