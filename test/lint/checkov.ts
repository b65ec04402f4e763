import { z } from "zod";
import { Failure } from "../../common";
import type { Finding } from "./finding";
import { report } from "./tool";

const result = z.object({
  check_type: z.string(),
  results: z.object({
    failed_checks: z.array(
      z.object({ check_id: z.string(), check_name: z.string(), resource: z.string(), file_path: z.string() }),
    ),
  }),
  summary: z.object({ passed: z.number(), parsing_errors: z.number() }),
});

/** A lone report comes without its list, and one that looked at nothing as bare counts. */
const results = z.union([z.array(result), result.transform((one) => [one])]);

/**
 * checkov's checks of Kubernetes objects, Dockerfiles and GitHub workflows on a directory; those that its own lists hold,
 * nothing is downloaded.
 * @param frameworks What it must find there.
 */
export async function checkov(
  program: string,
  directory: string,
  frameworks: readonly ("kubernetes" | "dockerfile" | "github_actions")[],
): Promise<Finding[]> {
  const options = ["--output=json", "--quiet", "--compact", "--skip-download", "--framework", ...frameworks];
  const reports = await report([program, "--directory", directory, ...options], [0, 1], results);
  for (const framework of frameworks) {
    if (
      !reports.some(
        ({ check_type, summary }) => check_type === framework && summary.passed > 0 && summary.parsing_errors === 0,
      )
    ) {
      throw new Failure(`checkov found nothing of ${framework} in ${directory}, or could not read it all`);
    }
  }
  return reports.flatMap(({ results: { failed_checks } }) =>
    failed_checks.map(({ check_id, check_name, resource, file_path }) => ({
      checker: "checkov",
      rule: check_id,
      object: objectOf(resource) ?? file_path,
      message: check_name,
    })),
  );
}

/** `Kind/name` of checkov's `Kind.namespace.name`; undefined for what is no object of the Kubernetes API. */
function objectOf(resource: string): string | undefined {
  const [, kind, name] = /^([A-Z][A-Za-z]+)\.[^./]+\.([^/]+)$/.exec(resource) ?? [];
  return kind && name && `${kind}/${name}`;
}
