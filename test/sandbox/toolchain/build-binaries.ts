import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { run } from "../ground/run";
import { cache } from "../ground/paths";
import { step } from "../ground/progress";
import { inTurn } from "../ground/sandbox-lock";
import { which } from "../ground/which";
import { type Build, programs, pulumiVersion } from "./binaries";
import { goVersion, moduleDirectory } from "./go-modules";

/** Names what was built by what it was built from, so that another version of it is another directory. */
function directory(build: Build, go: string): string {
  const source = moduleDirectory(build.module);
  const hash = createHash("sha256").update(go).update(JSON.stringify(build));
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort()) {
    hash.update(entry.slice(source.length)).update(readFileSync(entry));
  }
  for (const file of build.packages.filter((name) => name.endsWith(".go"))) {
    hash.update(readFileSync(join(source, file)));
  }
  return join(cache, "binaries", `${build.name}-${hash.digest("hex").slice(0, 12)}`);
}

/** Packages of generated or generic types and clients: many lines, of which little runs. */
const generated = [
  "k8s.io/...",
  "github.com/pb33f/...",
  "cloud.google.com/...",
  "github.com/Azure/...",
  "github.com/aws/...",
  "google.golang.org/api/...",
];

/**
 * The same for all builds: Go's cache then has a package that several binaries share once. Debug information, which the
 * linker leaves out anyway, is an eighth of the compiler's work, inlining a third of it in {@link generated}; what Google's
 * storage does over gRPC is a tenth of the Pulumi CLI.
 */
const compilerFlags = [
  ...["-trimpath", "-buildvcs=false", "-tags=disable_grpc_modules", "-gcflags=all=-dwarf=false"],
  ...generated.map((packages) => `-gcflags=${packages}=-dwarf=false -l`),
];

/**
 * Of each process of the compiler, which collects no garbage below it: by default that takes a fifth of its time. Go runs
 * one such process on each core, and two builds may run at once.
 */
const memoryLimit = `${Math.min(2048, Math.floor(totalmem() / 2 ** 20 / (2 * availableParallelism())))}MiB`;

async function compile({ name, module, packages, ldflags, links, cgo }: Build, target: string, signal: AbortSignal) {
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const tags = cgo === undefined ? [] : [`-tags=${cgo.join(",")}`];
  const flags = [...compilerFlags, ...tags, `-ldflags=-s -w ${ldflags ?? ""}`];
  try {
    await run(["go", "build", ...flags, "-o", `${partial}/`, ...packages], {
      cwd: moduleDirectory(module),
      env: {
        ...process.env,
        CGO_ENABLED: cgo === undefined ? "0" : "1",
        GOFLAGS: "",
        GOWORK: "off",
        GOGC: "off",
        GOMEMLIMIT: memoryLimit,
      },
      signal,
    });
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  for (const link of links ?? []) {
    symlinkSync(name, join(partial, link));
  }
  renameSync(partial, target);
}

/** Whether the machine has the Pulumi CLI that would be built, with its language host for Node.js. */
export async function hasPulumi(signal: AbortSignal): Promise<boolean> {
  if (which("pulumi") === undefined || which("pulumi-language-nodejs") === undefined) {
    return false;
  }
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return (await run(["pulumi", "version"], { env, signal })).trim() === pulumiVersion;
}

/**
 * Builds what is missing of the wanted binaries with Go, from the Go module proxy, and returns the directories that hold
 * them all. The first time takes minutes.
 * @param wanted Default: what the sandbox runs, without the Pulumi CLI where the machine has the same one.
 */
export async function buildBinaries(signal: AbortSignal, wanted?: readonly Build[]): Promise<string[]> {
  const go = await goVersion(signal);
  const builds = wanted ?? [programs(!(await hasPulumi(signal)))];
  const targets = builds.map((build) => ({ build, target: directory(build, go) }));
  const missing = targets.filter(({ target }) => !existsSync(target));
  if (wanted === undefined && missing.length > 0) {
    process.stderr.write(
      "The sandbox's own programs are built from source, once; on 2 cores it takes some 12 minutes.\n",
    );
  }
  if (missing.length > 0) {
    await step(`building ${missing.map(({ build }) => build.title).join(" and ")}`, () =>
      Promise.all(
        missing.map(({ build, target }) =>
          // Suites that run at the same time may want the same ones.
          inTurn(
            () => (existsSync(target) ? Promise.resolve() : compile(build, target, signal)),
            `${target}.lock`,
            signal,
          ),
        ),
      ),
    );
  }
  return targets.map(({ target }) => target);
}
