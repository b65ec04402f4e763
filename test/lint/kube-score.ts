import { z } from "zod";
import { Failure } from "../../common";
import { kubernetesVersion } from "../sandbox/toolchain/binaries";
import type { Finding } from "./finding";
import { report } from "./tool";

/** From here on a grade is fine: kube-score's "almost OK". */
const fine = 7;

const scores = z.array(
  z.object({
    type_meta: z.object({ kind: z.string() }),
    object_meta: z.object({ name: z.string() }),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
        comments: z.array(z.object({ summary: z.string() })).nullable(),
      }),
    ),
  }),
);

/** kube-score with every check that it has, the optional ones too, on a file of objects that belong together. */
export async function kubeScore(program: string, file: string): Promise<Finding[]> {
  const [major, minor] = kubernetesVersion.split(".");
  const version = `--kubernetes-version=${major}.${minor}`;
  const options = ["--all-default-optional", "--disable-ignore-checks-annotations", version];
  const objects = await report([program, "score", ...options, "--output-format=json", file], [0, 1], scores);
  if (!objects.some(({ type_meta }) => type_meta.kind === "Deployment")) {
    throw new Failure(`kube-score found no Deployment in ${file}`);
  }
  return objects.flatMap(({ type_meta, object_meta, checks }) =>
    checks
      .filter(({ grade, skipped }) => grade < fine && !skipped)
      .map(({ check, comments }) => ({
        checker: "kube-score",
        rule: check.id,
        object: `${type_meta.kind}/${object_meta.name}`,
        message: (comments ?? []).map(({ summary }) => summary).join("; "),
      })),
  );
}
