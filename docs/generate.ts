// npm run generate: writes the config keys into docs/configuration.md and Pulumi.yaml, and docs/pull-request-comment.md.
import { readFileSync, writeFileSync } from "node:fs";
import { keys, withConfig } from "./config-keys";
import { configPage } from "./config-page";
import { formatted } from "./formatted";
import { commentPage } from "./pull-request-comment";

/** Path → what the program makes of the file. Changes Pulumi's mocks and config. */
export async function generated(): Promise<Record<string, string>> {
  const contents = {
    "docs/configuration.md": await configPage(keys),
    "docs/pull-request-comment.md": commentPage,
    "Pulumi.yaml": withConfig(readFileSync("Pulumi.yaml", "utf8")),
  };
  const files = Object.entries(contents).map(
    async ([file, content]) => [file, await formatted(file, content)] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}

if (require.main === module) {
  void generated().then((contents) => {
    Object.entries(contents).forEach(([file, content]) => writeFileSync(file, content));
  });
}
