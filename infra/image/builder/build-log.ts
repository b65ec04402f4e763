import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf, runSilently } from "../../../common";
import { stepOutput } from "./build-history";
import { buildxFolder, readBuilder } from "./buildx";

/** How many lines of a step are shown. */
const shown = 20;

/**
 * Says what the failed step of a context's last build printed last. Undefined if no step failed, or none that printed
 * anything.
 *
 * The docker-build provider hands a step's lines on one by one, and closes their pipe as soon as the build has failed.
 * Those that are still in it are lost, and its error has the exit code alone. The builder still has them all.
 *
 * @param since Milliseconds. A build that started before isn't the one that failed.
 */
export async function failedStep(context: string, since: number): Promise<string | undefined> {
  const build = lastBuild(path.resolve(context), since);
  if (build === undefined) {
    return undefined;
  }
  const { builder, ref } = build;
  try {
    const output = await readLog(build);
    const [step = "", ...lines] = output?.trimEnd().split("\n") ?? [];
    return output && ["the build failed at", step, ...lines.slice(-shown)].join("\n");
  } catch (error) {
    return `the builder doesn't say why the build failed: ${messageOf(error)}\ndocker buildx history logs --builder ${builder} ${ref} shows its log.`;
  }
}

interface Build {
  readonly builder: string;
  readonly ref: string;
}

/** The last build of a context. Buildx keeps a file of each build: `refs/BUILDER/NODE/REF`. */
function lastBuild(context: string, since: number): Build | undefined {
  const refs = path.join(buildxFolder(), "refs");
  const files = fs.existsSync(refs) ? fs.readdirSync(refs, { recursive: true, encoding: "utf8" }) : [];
  return files
    .map((file) => ({ parts: file.split(path.sep), file: path.join(refs, file) }))
    .filter(({ parts }) => parts.length === 3)
    .map((each) => ({ ...each, time: fs.statSync(each.file).mtimeMs }))
    .filter(({ time }) => time >= since)
    .sort((a, b) => b.time - a.time)
    .filter(({ file }) => fs.readFileSync(file, "utf8").includes(`"LocalPath":${JSON.stringify(context)}`))
    .map(({ parts: [builder = "", , ref = ""] }) => ({ builder, ref }))[0];
}

/** The failed step's name and, on the lines below it, what it printed. */
async function readLog({ builder, ref }: Build): Promise<string | undefined> {
  const instance = readBuilder(builder);
  const [node] = instance?.Nodes ?? [];
  // Any other builder is in a container or a cluster, or wants a certificate: docker knows the way.
  if (instance?.Driver === "remote" && node !== undefined && Object.keys(node.DriverOpts ?? {}).length === 0) {
    return stepOutput(node.Endpoint.replace(/^tcp:\/\//, ""), ref);
  }
  const args = ["buildx", "history", "logs", "--builder", builder, "--progress", "plain", ref];
  const { status, stderr } = await runSilently("docker", args, { patience: 10_000 });
  if (status !== 0) {
    throw new Error(stderr.trim() || `docker ended with ${status}`);
  }
  return /^-{6}\n > (.*?)^-{6}$/ms.exec(stderr)?.[1];
}
