import { jobFromEnvironment } from "../github";
import { isSigned } from "../proof";
import { release } from "../release";
import { run } from "../run";
import { main, Usage } from "./command-line";
import { report } from "./report";

const help = `node --require ./loader delivery/cli/release.ts --stack NAME [--image REPOSITORY@DIGEST]
  [--policy-pack DIR] [--context NAME] [--signed [--key KEY]]

Deploys the commit that is checked out with \`pulumi up\`, building the image unless one is given, and asks each pod for its
health by kubectl, in the kubeconfig's --context. A release that fails either, and changed anything, is replaced by the last
good one: its commit's program and config with its image. A commit that doesn't descend from the last good release's is
refused. Ends with 0 only where the release itself was good; GITHUB_OUTPUT then gets its \`image\`, and the same as \`built\` if
this release built it. With --signed, an image that the registry has already is deployed only if it has the attestations of
attest.ts, by this job's workflow or by --key, and is otherwise built anew under another tag.
`;

void main(
  help,
  ["stack", "image", "policy-pack", "context", "key"],
  async ({ required, optional, flag, positionals }) => {
    if (positionals.length > 0) {
      throw new Usage(`${positionals.join(" ")} is not wanted`);
    }
    const stack = required("stack");
    const [image, policyPack, context, key] = ["image", "policy-pack", "context", "key"].map(optional);
    const job = flag("signed") ? jobFromEnvironment(process.env) : undefined;
    const signed = job && { isSigned: (found: string) => isSigned(run, found, job, key) };
    report(stack, await release({ stack, image, policyPack, context, make: false, inOrder: true, ...signed }, run));
  },
  ["signed"],
);
