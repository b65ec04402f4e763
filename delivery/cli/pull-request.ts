import { closeEnvironment, openEnvironment, pullRequestStack } from "../pull-request";
import { run } from "../run";
import { main, Usage } from "./command-line";
import { report } from "./report";

const help = `node --require ./loader delivery/cli/pull-request.ts open --number N --template FILE
  [--policy-pack DIR] [--context NAME]
node --require ./loader delivery/cli/pull-request.ts close --number N --template FILE [--context NAME]

open makes the environment of a pull request or brings it up to date: the stack pr-N, configured as FILE says, in a
namespace of its own, released and tested as by release.ts. close runs the Job of its key onClose, and removes it with all that it
deployed. If that Job fails, the environment stays.
`;

void main(help, ["number", "template", "policy-pack", "context"], async ({ required, optional, positionals }) => {
  const number = required("number");
  const verb = positionals.join(" ");
  if (verb !== "open" && verb !== "close") {
    throw new Usage(`${verb || "nothing"} is neither open nor close`);
  }
  const [template, context] = [required("template"), optional("context")];
  if (verb === "open") {
    const policyPack = optional("policy-pack");
    report(pullRequestStack(number), await openEnvironment({ number, template, policyPack, context }, run));
  } else {
    await closeEnvironment({ number, template, context }, run);
  }
});
