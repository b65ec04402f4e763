import { z } from "zod";
import type { Finding } from "./finding";
import { report } from "./tool";

const errors = z.array(z.object({ kind: z.string(), filepath: z.string(), line: z.number(), message: z.string() }));

/** actionlint, without the linters of other languages that it would start where they happen to be installed. */
export async function actionlint(program: string, files: readonly string[]): Promise<Finding[]> {
  const options = ["-format", "{{json .}}", "-shellcheck=", "-pyflakes="];
  const found = await report([program, ...options, ...files], [0, 1], errors);
  return found.map(({ kind, filepath, line, message }) => ({
    checker: "actionlint",
    rule: kind,
    object: `${filepath}:${line}`,
    message,
  }));
}

const audits = z.array(
  z.object({
    ident: z.string(),
    desc: z.string(),
    ignored: z.boolean(),
    locations: z.array(
      z.object({
        symbolic: z.object({
          key: z.object({ Local: z.object({ verbatim_path: z.string() }) }),
          annotation: z.string(),
          kind: z.string(),
        }),
        concrete: z.object({ location: z.object({ start_point: z.object({ row: z.number() }) }) }),
      }),
    ),
  }),
);

/** zizmor's audits that need no network. */
export async function zizmor(program: string, files: readonly string[]): Promise<Finding[]> {
  const options = ["--offline", "--no-config", "--no-exit-codes", "--quiet", "--format=json"];
  const found = await report([program, ...options, ...files], [0], audits);
  return found
    .filter(({ ignored }) => !ignored)
    .map(({ ident, desc, locations }) => {
      const place = locations.find(({ symbolic }) => symbolic.kind === "Primary");
      return {
        checker: "zizmor",
        rule: ident,
        // Rows count from 0.
        object: place
          ? `${place.symbolic.key.Local.verbatim_path}:${place.concrete.location.start_point.row + 1}`
          : files.join(", "),
        message: place ? `${desc}: ${place.symbolic.annotation}` : desc,
      };
    });
}
