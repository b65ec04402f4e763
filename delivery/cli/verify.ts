import { jobFromEnvironment } from "../github";
import { verify } from "../proof";
import { run } from "../run";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/verify.ts --image REPOSITORY@DIGEST [--key KEY]

Ends with 0 only where an image has provenance and an SBOM that this job's own workflow signed, on the same branch of the same
repository, or that --key belongs to, a public key for cosign. Reads GITHUB_SERVER_URL, GITHUB_REPOSITORY,
GITHUB_WORKFLOW_REF, GITHUB_RUN_ID and GITHUB_RUN_ATTEMPT.
`;

void main(help, ["image", "key"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const image = required("image");
  const job = jobFromEnvironment(process.env);
  await verify(run, image, job, optional("key"));
  process.stdout.write(`${job.repository} built ${image}, and says what is in it\n`);
});
