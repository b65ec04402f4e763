import { z } from "zod";
import type { Finding } from "./finding";
import { report } from "./tool";

const problems = z.array(z.object({ code: z.string(), file: z.string(), line: z.number(), message: z.string() }));

/** hadolint, with every rule at every level. */
export async function hadolint(program: string, files: readonly string[]): Promise<Finding[]> {
  const found = await report([program, "--format=json", "--failure-threshold=style", ...files], [0, 1], problems);
  return found.map(({ code, file, line, message }) => ({
    checker: "hadolint",
    rule: code,
    object: `${file}:${line}`,
    message,
  }));
}
