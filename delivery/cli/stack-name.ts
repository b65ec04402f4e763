import { branchStack, pullRequestStack } from "../environment-name";
import { main, Usage } from "./main";

const help = `tsx delivery/cli/stack-name.ts --pull-request NUMBER | --branch NAME

Prints the stack of a pull request's or a branch's own environment.
`;

void main(help, ["pull-request", "branch"], ({ optional, positionals }) => {
  const [number, branch] = [optional("pull-request"), optional("branch")];
  if (positionals.length > 0 || (number === undefined) === (branch === undefined)) {
    throw new Usage("one of --pull-request and --branch is wanted");
  }
  process.stdout.write(`${number === undefined ? branchStack(branch ?? "") : pullRequestStack(number)}\n`);
});
