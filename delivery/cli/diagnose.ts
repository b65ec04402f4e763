import { run } from "../command";
import { findDeployment } from "../deployment";
import { explain } from "../diagnosis";
import { gatherEvidence } from "../evidence";
import { main, Usage } from "./main";

const help = `tsx delivery/cli/diagnose.ts --stack NAME [--context NAME]

Says why the rollout of a stack's Deployment isn't complete: conditions, pods that aren't ready with their last lines, and
warnings, asked of the cluster of the kubeconfig's --context.
`;

void main(help, ["stack", "context"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const deployment = await findDeployment(run, required("stack"));
  const lines = explain(await gatherEvidence(run, deployment, optional("context")));
  process.stdout.write(lines.length > 0 ? `${lines.join("\n")}\n` : "every pod is ready\n");
});
