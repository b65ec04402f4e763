import { appendFileSync, readFileSync } from "node:fs";
import { run } from "../command";
import { environmentOf } from "../environment";
import { endDeployment } from "../environment-status";
import { gitHubFromEnvironment } from "../github";
import { leftOver, sweep } from "../sweep";
import { main, Usage } from "./main";

const help = `tsx delivery/cli/sweep.ts
tsx delivery/cli/sweep.ts --number N --template FILE [--context NAME]

Lists the environments whose pull requests aren't open, as a JSON list of numbers, and for a workflow as \`numbers\` in
GITHUB_OUTPUT, of which a matrix holds 256. With --number, removes that one, unless its request is open by now: its namespace,
as the kubeconfig's --context reaches it, and its stack, and says so on the request. Nothing that the stack's state names is
run. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

/** The most jobs of a workflow's matrix. */
const matrixSize = 256;

void main(help, ["number", "template", "context"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const github = gitHubFromEnvironment(process.env);
  const number = optional("number");
  if (number !== undefined) {
    const args = { number: Number(number), template: required("template"), context: optional("context") };
    const isSwept = await sweep(args, run, github);
    if (isSwept) {
      const text = (path: string) => readFileSync(path, "utf8");
      const environment = environmentOf(number, text("Pulumi.yaml"), text(args.template));
      await endDeployment(github, environment, args.number, { state: "inactive" });
    }
    process.stdout.write(isSwept ? `pr-${number} is removed\n` : `pr-${number} isn't left over\n`);
    return;
  }
  const all = await leftOver(run, github);
  const numbers = JSON.stringify(all.slice(0, matrixSize));
  if (all.length > matrixSize) {
    process.stderr.write(`${all.length} are left over: the next runs remove those above ${matrixSize}\n`);
  }
  process.stdout.write(`${numbers}\n`);
  const file = process.env["GITHUB_OUTPUT"] ?? "";
  if (file !== "") {
    appendFileSync(file, `numbers=${numbers}\n`);
  }
});
