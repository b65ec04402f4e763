import { readFileSync } from "node:fs";
import { commentMarker, renderComment } from "../comment";
import { gitHubFromEnvironment } from "../github";
import { main, Usage } from "./main";

const help = `tsx delivery/cli/preview-comment.ts --stack NAME --commit SHA [--log URL] [--pull-request NUMBER]
  [--environment NUMBER] FILE

Renders what \`pulumi preview --json\` wrote to FILE as Markdown: with --pull-request as that request's comment about the
stack, edited in place, otherwise to the standard output. With --environment, it shows the way to that request's
environment. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

const options = ["stack", "commit", "log", "pull-request", "environment"];

void main(help, options, async ({ required, optional, positionals }) => {
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new Usage("one FILE is wanted");
  }
  const stack = required("stack");
  const [commit, log, environment] = [required("commit"), optional("log"), optional("environment")];
  const body = renderComment(readFileSync(file, "utf8"), { stack, commit, log, environment });
  const number = optional("pull-request");
  if (number === undefined) {
    process.stdout.write(`${body}\n`);
  } else {
    await gitHubFromEnvironment(process.env).upsertComment(Number(number), commentMarker(stack), body);
  }
});
