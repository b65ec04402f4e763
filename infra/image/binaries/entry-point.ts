import { posix } from "node:path";
import { fileAt, firstExecutable, type ImageFile } from "./image-file";
import type { Layer } from "./layer";

/** The part of an image's configuration that says what starts (github.com/opencontainers/image-spec, config.md). */
export interface StartConfig {
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly WorkingDir?: string | null | undefined;
}

/** What is known of the files that an image starts. */
export type Judgement =
  | { readonly kind: "right" }
  /** The file can't run on the platform. `is` says for what it was built. */
  | { readonly kind: "wrong"; readonly file: string; readonly is: string }
  /** Why nobody can say, as a sentence's part after "because". */
  | { readonly kind: "unknown"; readonly why: string };

/** Where container runtimes look if an image has no PATH. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Programs that start another one, which their arguments name. */
const launchers = new Set(["env", "tini", "tini-static", "dumb-init", "catatonit", "docker-init"]);

const shells = new Set(["sh", "ash", "bash", "dash", "busybox", "zsh"]);

/** Platform → another one, whose binaries most kernels of the first run. */
const alsoRuns: Readonly<Record<string, string>> = { "linux/amd64": "linux/386", "linux/arm64": "linux/arm" };

/** As in Linux: an interpreter may be a script too. */
const mostPrograms = 5;

/**
 * Finds the file that an image starts, as a container runtime does, and says whether it runs on a platform. Behind a
 * script is its interpreter, and behind `env` or an init such as tini the program that it starts.
 *
 * @param layers The last one first. They are read only as far as necessary.
 */
export async function judgeEntryPoint(
  config: StartConfig,
  layers: readonly Layer[],
  platform: string,
): Promise<Judgement> {
  let words = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  let script: string | undefined;
  for (let programs = 0; programs < mostPrograms; programs++) {
    const [name = "", ...args] = words;
    if (name === "") {
      return { kind: "unknown", why: "neither ENTRYPOINT nor CMD names a program" };
    }
    const file = await find(name, config, layers);
    if (file === undefined) {
      return { kind: "unknown", why: `no layer has ${name}` };
    }
    const { path, executable } = file;
    switch (executable?.kind) {
      case undefined:
        return { kind: "unknown", why: `${path} isn't executable` };
      case "unknown":
        return { kind: "unknown", why: `${path} is neither an ELF binary nor a script that starts with #!` };
      case "foreign":
        return { kind: "wrong", file: path, is: `a binary for ${executable.system}` };
      case "script":
        script = path;
        words = [
          executable.interpreter,
          ...(executable.argument === undefined ? [] : [executable.argument]),
          path,
          ...args,
        ];
        continue;
      case "elf":
    }
    if (executable.platform !== platform) {
      return executable.platform === alsoRuns[platform]
        ? { kind: "unknown", why: `${path} is a binary for ${executable.platform}, which only some nodes run` }
        : { kind: "wrong", file: path, is: `a binary for ${executable.platform}` };
    }
    const launched = launchedBy(name, args);
    if (launched === undefined) {
      return started(name, script);
    }
    words = launched;
  }
  return { kind: "unknown", why: `more than ${mostPrograms} programs start each other` };
}

function started(name: string, script: string | undefined): Judgement {
  if (script !== undefined) {
    return { kind: "unknown", why: `${script} is a script, which may start anything` };
  }
  return shells.has(posix.basename(name))
    ? { kind: "unknown", why: `${name} is a shell, which may start anything` }
    : { kind: "right" };
}

/** As runc does: a name without a slash is looked for in PATH. */
async function find(
  name: string,
  { Env, WorkingDir }: StartConfig,
  layers: readonly Layer[],
): Promise<ImageFile | undefined> {
  if (name.includes("/")) {
    return fileAt(layers, posix.resolve("/", WorkingDir ?? "", name));
  }
  const path = Env?.findLast((each) => each.startsWith("PATH="))?.slice("PATH=".length) || defaultPath;
  const directories = path.split(":").filter((directory) => directory.startsWith("/"));
  return firstExecutable(
    layers,
    directories.map((directory) => posix.join(directory, name)),
  );
}

/** The words of the program that another one starts. Undefined for one that starts none. */
function launchedBy(name: string, args: readonly string[]): string[] | undefined {
  const launcher = posix.basename(name);
  if (!launchers.has(launcher)) {
    return undefined;
  }
  const options = args.indexOf("--");
  if (launcher !== "env" && options >= 0) {
    return args.slice(options + 1);
  }
  // `env -S` splits its argument, because a script's first line gives only one.
  const words = args.flatMap((arg) =>
    launcher === "env" && arg.startsWith("-S") ? arg.slice(2).trim().split(/\s+/) : arg,
  );
  const at = words.findIndex((word) => !word.startsWith("-") && !(launcher === "env" && word.includes("=")));
  return at < 0 ? [] : words.slice(at);
}
