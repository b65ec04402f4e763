import { readFileSync } from "node:fs";
import { gitHubFromEnvironment } from "../github";
import { commentMarker, renderComment } from "../pull-request";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/preview-comment.ts --stack NAME --commit SHA [--log URL]
  [--pull-request NUMBER] FILE

Renders what \`pulumi preview --json\` wrote to FILE as Markdown: with --pull-request as that request's comment about the
stack, edited in place, otherwise to the standard output. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

const options = ["stack", "commit", "log", "pull-request"];

void main(help, options, async ({ required, optional, positionals }) => {
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new Usage("one FILE is wanted");
  }
  const stack = required("stack");
  const body = renderComment(readFileSync(file, "utf8"), { stack, commit: required("commit"), log: optional("log") });
  const number = optional("pull-request");
  if (number === undefined) {
    process.stdout.write(`${body}\n`);
  } else {
    await gitHubFromEnvironment(process.env).upsertComment(Number(number), commentMarker(stack), body);
  }
});
