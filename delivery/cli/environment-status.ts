import { readFileSync } from "node:fs";
import { gitHubFromEnvironment } from "../github";
import { beginDeployment, endDeployment, environmentOf } from "../pull-request";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/environment-status.ts in_progress
  --number N --template FILE --commit SHA [--log URL]
node --require ./loader delivery/cli/environment-status.ts success
  --number N --template FILE --commit SHA [--log URL] [--url URL]
node --require ./loader delivery/cli/environment-status.ts failure
  --number N --template FILE --commit SHA [--log URL]
node --require ./loader delivery/cli/environment-status.ts inactive --number N --template FILE

Shows the environment of a pull request, which is configured as FILE says, on that request: as a deployment to the stack pr-N,
and in a comment, which begins with the way to it. Asks GitHub by GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN.
`;

const options = ["number", "template", "commit", "log", "url"];

void main(help, options, async ({ required, optional, positionals }) => {
  const state = positionals.join(" ");
  const [number, template] = [required("number"), required("template")];
  const text = (path: string) => readFileSync(path, "utf8");
  const environment = environmentOf(number, text("Pulumi.yaml"), text(template));
  const of = () => ({ commit: required("commit"), log: optional("log") });
  const github = gitHubFromEnvironment(process.env);
  switch (state) {
    case "in_progress":
      return beginDeployment(github, environment, of());
    case "success":
      return endDeployment(github, environment, Number(number), { ...of(), state, url: optional("url") });
    case "failure":
      return endDeployment(github, environment, Number(number), { ...of(), state });
    case "inactive":
      return endDeployment(github, environment, Number(number), { state });
    default:
      throw new Usage(`${state || "nothing"} is none of in_progress, success, failure, inactive`);
  }
});
