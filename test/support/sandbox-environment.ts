import { checkout } from "../sandbox/ground/paths";
import { which } from "../sandbox/ground/which";
import { crane } from "../sandbox/toolchain/binaries";
import { buildBinaries } from "../sandbox/toolchain/build-binaries";
import { succeed } from "./execute";
import { npm } from "./npm";

/** The environment of a command in the sandbox, which is brought up if it is down. It has `crane` on each ground. */
export async function sandboxEnvironment(): Promise<NodeJS.ProcessEnv> {
  const print = [process.execPath, "--print", "JSON.stringify(process.env)"];
  const env = JSON.parse(await succeed(npm("sandbox", "--", ...print), { cwd: checkout })) as NodeJS.ProcessEnv;
  if (which("crane", env["PATH"]) !== undefined) {
    return env;
  }
  const directories = await buildBinaries(new AbortController().signal, [crane]);
  return { ...env, PATH: [...directories, env["PATH"]].join(":") };
}
