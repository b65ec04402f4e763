import { jobFromEnvironment } from "../github";
import { attest } from "../proof";
import { run } from "../run";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/attest.ts --stack NAME [--built REPOSITORY@DIGEST] [--key KEY]

Attaches the build's provenance and an SBOM for each platform to the image that a stack built from the commit that is checked
out, in the image's registry, with cosign and syft. --built is what release.ts says that it built: no other image is signed,
and one that has both already gets no more. A job of GitHub signs with a certificate for its workflow, anybody else
with --key, a private key for cosign, whose password is in COSIGN_PASSWORD. Reads GITHUB_SERVER_URL, GITHUB_REPOSITORY,
GITHUB_WORKFLOW_REF, GITHUB_RUN_ID and GITHUB_RUN_ATTEMPT.
`;

void main(help, ["stack", "built", "key"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const [stack, built, key] = [required("stack"), optional("built"), optional("key")];
  const { image, attached } = await attest({ stack, built, key }, jobFromEnvironment(process.env), run);
  process.stdout.write(attached ? `attached provenance and SBOMs to ${image}\n` : `${image} already has both\n`);
});
