import { previewDrift } from "../drift";
import { run } from "../run";
import { main, Usage } from "./command-line";

const help = `node --require ./loader delivery/cli/drift-preview.ts --stack NAME

Compares what runs with the last good release of a stack, and writes what \`pulumi preview --refresh --json\` says, for
drift.ts. Needs a clone with that release's commit.
`;

void main(help, ["stack"], async ({ required, positionals }) => {
  if (positionals.length > 0) {
    throw new Usage(`${positionals.join(" ")} is not wanted`);
  }
  process.stdout.write(await previewDrift(run, required("stack")));
});
