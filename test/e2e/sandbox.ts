import { checkout } from "../sandbox/paths";
import { succeed } from "./execute";

/** `npm run` in a checkout, without npm's own lines. */
export const npm = (...args: string[]): [string, ...string[]] => ["npm", "run", "--silent", ...args];

/** The environment of a command in the sandbox, which is brought up if it is down. */
export async function sandboxEnvironment(): Promise<NodeJS.ProcessEnv> {
  const print = [process.execPath, "--print", "JSON.stringify(process.env)"];
  return JSON.parse(await succeed(npm("sandbox", "--", ...print), { cwd: checkout })) as NodeJS.ProcessEnv;
}
