import { readFileSync } from "node:fs";
import { commentMarker, renderComment } from "../comment";
import { environmentOf } from "../environment";
import { gitHubFromEnvironment } from "../github";
import { main, Usage } from "./main";

const help = `tsx delivery/cli/preview-comment.ts --stack NAME --commit SHA [--log URL] [--pull-request NUMBER]
  [--environment NUMBER --template STACKFILE] FILE

Renders what \`pulumi preview --json\` wrote to FILE as Markdown: with --pull-request as that request's comment about the
stack, edited in place, otherwise to the standard output. With --environment, it shows the way to that request's
environment, whose stack is configured with the --template. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

const options = ["stack", "commit", "log", "pull-request", "environment", "template"];

void main(help, options, async ({ required, optional, positionals }) => {
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new Usage("one FILE is wanted");
  }
  const stack = required("stack");
  const [commit, log, request] = [required("commit"), optional("log"), optional("environment")];
  const text = (path: string) => readFileSync(path, "utf8");
  const environment =
    request === undefined ? undefined : environmentOf(request, text("Pulumi.yaml"), text(required("template")));
  const body = renderComment(text(file), { stack, commit, log, environment });
  const number = optional("pull-request");
  if (number === undefined) {
    process.stdout.write(`${body}\n`);
  } else {
    await gitHubFromEnvironment(process.env).upsertComment(Number(number), commentMarker(stack), body);
  }
});
