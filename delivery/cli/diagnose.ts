import { diagnose } from "../rollout";
import { run } from "../run";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/diagnose.ts --stack NAME [--context NAME]

Says why the rollout of a stack's Deployment isn't complete: the causes with the config keys to change, conditions, pods that
aren't ready with their last lines, and warnings, asked of the cluster of the kubeconfig's --context.
`;

void main(help, ["stack", "context"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const lines = await diagnose(run, required("stack"), optional("context"));
  process.stdout.write(lines.length > 0 ? `${lines.join("\n")}\n` : "every pod is ready\n");
});
