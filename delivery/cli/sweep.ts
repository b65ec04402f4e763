import { appendFileSync } from "node:fs";
import { run } from "../command";
import { gitHubFromEnvironment } from "../github";
import { leftOver } from "../sweep";
import { main, Usage } from "./main";

const help = `tsx delivery/cli/sweep.ts

Lists the closed pull requests whose environments are still there, as a JSON list of numbers, and for a workflow as
\`numbers\` in GITHUB_OUTPUT. pull-request.ts close removes each. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY,
GITHUB_TOKEN.
`;

void main(help, [], async ({ positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  const numbers = JSON.stringify(await leftOver(run, gitHubFromEnvironment(process.env)));
  process.stdout.write(`${numbers}\n`);
  const file = process.env["GITHUB_OUTPUT"] ?? "";
  if (file !== "") {
    appendFileSync(file, `numbers=${numbers}\n`);
  }
});
