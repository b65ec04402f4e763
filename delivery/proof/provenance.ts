import { z } from "zod";
import type { Job } from "../github";
import type { BuildBases } from "./stack-image";

/** What cosign calls provenance of SLSA 1.x, `https://slsa.dev/provenance/v1`. */
export const provenanceType = "slsaprovenance1";

/** A build as GitHub's own attestations describe one (https://actions.github.io/buildtypes/workflow/v1). */
const buildType = "https://actions.github.io/buildtypes/workflow/v1";

/** Says which job of which repository built an image, from which commit and which base images (https://slsa.dev/spec/v1.1). */
export function provenance(commit: string, bases: BuildBases, job: Job) {
  return {
    buildDefinition: {
      buildType,
      externalParameters: { workflow: { ref: job.ref, repository: job.repository, path: job.path } },
      resolvedDependencies: [
        { uri: `git+${job.repository}@${job.ref}`, digest: { gitCommit: commit } },
        ...Object.entries(bases).map(([name, uri]) => ({
          name,
          uri,
          digest: { sha256: uri.slice(uri.indexOf("@sha256:") + "@sha256:".length) },
        })),
      ],
    },
    runDetails: { builder: { id: job.workflow }, metadata: { invocationId: job.run } },
  };
}

const predicate = z.object({
  buildDefinition: z.object({ externalParameters: z.object({ workflow: z.object({ repository: z.string() }) }) }),
  runDetails: z.object({ builder: z.object({ id: z.string() }) }),
});

/** What is wrong with the provenance of an image that a job is about to deploy; undefined if nothing is. */
export function objection(stated: unknown, job: Job): string | undefined {
  const parsed = predicate.safeParse(stated);
  if (!parsed.success) {
    return "it isn't what delivery/cli/attest.ts writes";
  }
  const { repository } = parsed.data.buildDefinition.externalParameters.workflow;
  const { id } = parsed.data.runDetails.builder;
  if (repository !== job.repository) {
    return `it was built in ${repository}, and this is ${job.repository}`;
  }
  return id === job.workflow ? undefined : `${id} built it, and ${job.workflow} must have`;
}
