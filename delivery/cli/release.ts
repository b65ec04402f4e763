import { run } from "../command";
import { release } from "../release";
import { main, Usage } from "./main";
import { report } from "./report";

const help = `tsx delivery/cli/release.ts --stack NAME [--image REPOSITORY@DIGEST] [--policy-pack DIR] [--context NAME]

Deploys the commit that is checked out with \`pulumi up\`, building the image unless one is given, and asks each pod for its
health by kubectl, in the kubeconfig's --context. A release that fails either, and changed anything, is replaced by the last
good one: its commit's program and config with its image. A commit that doesn't descend from the last good release's is
refused. Ends with 0 only where the release itself was good; GITHUB_OUTPUT then gets its \`image\`, and the same as \`built\` if
this release built it. A workflow's run that is repeated (GITHUB_RUN_ATTEMPT above 1) builds an image that the stack has already
again, so that attest.ts may sign it.
`;

void main(help, ["stack", "image", "policy-pack", "context"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const stack = required("stack");
  const [image, policyPack, context] = [optional("image"), optional("policy-pack"), optional("context")];
  const rebuild = Number(process.env["GITHUB_RUN_ATTEMPT"] ?? 1) > 1;
  report(stack, await release({ stack, image, policyPack, context, inOrder: true, rebuild }, run));
});
