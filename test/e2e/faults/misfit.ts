import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../sandbox/ground/paths";
import { succeed } from "../../support/execute";

/**
 * Pushes an image with the service `misfit` and, beside it, files that no pod can start or read. It has no builder's work
 * in it, so that a node of this machine's architecture is all that it needs.
 * @returns its `repository@digest`.
 */
export async function pushMisfit(repository: string, env: NodeJS.ProcessEnv): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "ping-e2e-misfit-"));
  try {
    const [root, layer] = [join(directory, "root"), join(directory, "layer.tar")];
    mkdirSync(root);
    const misfit = join(root, "misfit");
    await succeed(["go", "build", "-trimpath", "-ldflags=-s", "-o", misfit, "."], {
      cwd: join(checkout, "test/e2e/fixtures/misfit"),
      env: { ...env, CGO_ENABLED: "0" },
    });
    copyFileSync(misfit, join(root, "owners"));
    chmodSync(join(root, "owners"), 0o500);
    writeFileSync(join(root, "text"), "no program\n", { mode: 0o755 });
    writeFileSync(join(root, "secret"), "", { mode: 0o600 });
    await succeed(["tar", "--owner=0", "--group=0", "--directory", root, "--create", "--file", layer, "."]);
    const [tag, platform] = [`${repository}:misfit`, `linux/${process.arch === "x64" ? "amd64" : process.arch}`];
    await succeed(["crane", "append", "--new_tag", tag, "--new_layer", layer], { env });
    await succeed(["crane", "mutate", "--set-platform", platform, "--tag", tag, tag], { env });
    return `${repository}@${(await succeed(["crane", "digest", tag], { env })).trim()}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
