import { readFileSync } from "node:fs";
import { driftMarker, driftTitle, renderDrift } from "../drift";
import { gitHubFromEnvironment } from "../github";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/drift.ts STACK=FILE...

Reads what drift-preview.ts wrote about each stack. Where any has drifted or couldn't be previewed, opens the one issue about
drift or edits it; where none has, closes it. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

void main(help, [], async ({ positionals }) => {
  if (positionals.length === 0) {
    throw new Usage("at least one STACK=FILE is wanted");
  }
  const refreshed = positionals.map((each): [string, string] => {
    const [stack = "", file = ""] = each.split(/=(.*)/s);
    if (stack === "" || file === "") {
      throw new Usage(`${each} is no STACK=FILE`);
    }
    return [stack, readFileSync(file, "utf8")];
  });
  const body = renderDrift(Object.fromEntries(refreshed));
  const github = gitHubFromEnvironment(process.env);
  if (body === undefined) {
    process.stdout.write("no drift\n");
    await github.closeIssue(driftMarker);
  } else {
    process.stdout.write(`${body}\n`);
    await github.upsertIssue(driftMarker, driftTitle, body);
  }
});
