import { run } from "../command";
import { pullRequestStack } from "../environment";
import { closeEnvironment, openEnvironment } from "../pull-request";
import { main, Usage } from "./main";
import { report } from "./report";

const help = `tsx delivery/cli/pull-request.ts open --number N --template FILE [--policy-pack DIR] [--context NAME]
tsx delivery/cli/pull-request.ts close --number N

open makes the environment of a pull request or brings it up to date: the stack pr-N, configured as FILE says, in a
namespace of its own, released and tested as by release.ts. close removes it with all that it deployed.
`;

void main(help, ["number", "template", "policy-pack", "context"], async ({ required, optional, positionals }) => {
  const number = required("number");
  const verb = positionals.join(" ");
  if (verb === "open") {
    const [template, policyPack, context] = [required("template"), optional("policy-pack"), optional("context")];
    report(pullRequestStack(number), await openEnvironment({ number, template, policyPack, context }, run));
  } else if (verb === "close") {
    await closeEnvironment(number, run);
  } else {
    throw new Usage(`${verb || "nothing"} is neither open nor close`);
  }
});
