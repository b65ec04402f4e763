import { run } from "../command";
import { pullRequestStack } from "../environment-name";
import { closeEnvironment, openEnvironment } from "../pull-request";
import { main, Usage } from "./main";
import { report } from "./report";

const help = `tsx delivery/cli/pull-request.ts open|close --number N --template FILE [--policy-pack DIR] [--context NAME]

open makes the environment of a pull request or brings it up to date: the stack pr-N, configured as FILE says, in a
namespace of its own, released and tested as by release.ts. close removes it with all that it deployed.
`;

void main(help, ["number", "template", "policy-pack", "context"], async ({ required, optional, positionals }) => {
  const args = {
    number: required("number"),
    template: required("template"),
    policyPack: optional("policy-pack"),
    context: optional("context"),
  };
  const verb = positionals.join(" ");
  if (verb === "open") {
    report(pullRequestStack(args.number), await openEnvironment(args, run));
  } else if (verb === "close") {
    await closeEnvironment(args, run);
  } else {
    throw new Usage(`${verb || "nothing"} is neither open nor close`);
  }
});
