import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Writes a Dockerfile and its ignore file beside a staged context, and returns the Dockerfile's path. What is there
 * already stays as it is, so that two previews at once don't disturb each other.
 *
 * Without a `<Dockerfile>.dockerignore`, BuildKit applies the `.dockerignore` of the context. The copy may have one that
 * didn't decide what was copied.
 */
export function stageDockerfile(text: string, target: string): string {
  const dockerfile = path.posix.join(target, "Dockerfile");
  // The frontend of a `# syntax=` line takes an empty ignore file for none.
  const files = { [dockerfile]: text, [`${dockerfile}.dockerignore`]: "# The copy has what is to be sent.\n" };
  for (const [file, content] of Object.entries(files)) {
    if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== content) {
      fs.writeFileSync(file, content);
    }
  }
  return dockerfile;
}
