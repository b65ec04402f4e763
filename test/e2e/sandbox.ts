import { checkout } from "../sandbox/paths";
import { succeed } from "./execute";

/** `npm run` in a checkout, without npm's own lines. */
export const npm = (...args: string[]): [string, ...string[]] => ["npm", "run", "--silent", ...args];

/** The environment of a command in the sandbox, which is brought up if it is down. */
export async function sandboxEnvironment(): Promise<NodeJS.ProcessEnv> {
  const variables = await succeed(npm("sandbox", "--", "env", "-0"), { cwd: checkout });
  return Object.fromEntries(
    variables
      .split("\0")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
