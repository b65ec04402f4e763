import { engineEnvironment, inEngine } from "../../sandbox/docker-engine/engine";
import { checkout } from "../../sandbox/ground/paths";
import { succeed } from "../../support/execute";

/** Runs a command on the machine with Docker, in the checkout, and returns what it wrote to standard output. */
export const onEngine = (...argv: string[]): Promise<string> =>
  succeed(inEngine(argv), { cwd: checkout, env: engineEnvironment() });
