import { appendFileSync } from "node:fs";
import { gitHubFromEnvironment } from "../github";
import { endDeployment, leftOver, readEnvironment, sweep } from "../pull-request";
import { run } from "../run";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/sweep.ts --template FILE [--idle-days DAYS] [--context NAME]
node --require ./loader delivery/cli/sweep.ts --number N --template FILE [--idle-days DAYS] [--context NAME]

Lists the environments that are left over, as a JSON list of numbers, and for a workflow as \`numbers\` in GITHUB_OUTPUT, of which a
matrix holds 256: stacks, and namespaces as the kubeconfig's --context reaches them, whose pull requests aren't open, and with
--idle-days also those that weren't updated for so long. With --number, removes that one, unless it isn't left over by now: runs
the Job of its key onClose, then removes its namespace and its stack. Says so on the request, and how to bring it back. Nothing
that the stack's state names is run. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

/** The most jobs of a workflow's matrix. */
const matrixSize = 256;

void main(help, ["number", "template", "context", "idle-days"], async ({ required, optional, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const args = { template: required("template"), context: optional("context"), idleDays: days(optional("idle-days")) };
  const github = gitHubFromEnvironment(process.env);
  const number = optional("number");
  if (number !== undefined) {
    const reason = await sweep(Number(number), args, run, github);
    const environment = readEnvironment(number, args.template);
    if (reason !== undefined) {
      const idleDays = reason === "idle" ? args.idleDays : undefined;
      await endDeployment(github, environment, Number(number), { state: "inactive", idleDays });
    }
    const outcome = reason === undefined ? "isn't left over" : "is removed";
    process.stdout.write(`${environment.stack} ${outcome}\n`);
    return;
  }
  const all = [...(await leftOver(args, run, github)).keys()];
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

function days(given: string | undefined): number | undefined {
  if (given !== undefined && !/^[1-9]\d{0,3}$/.test(given)) {
    throw new Usage(`--idle-days is ${given}, and must be a whole number of days from 1 to 9999`);
  }
  return given === undefined ? undefined : Number(given);
}
