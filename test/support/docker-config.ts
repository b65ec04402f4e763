import type { TestContext } from "node:test";
import { setVariable } from "./variables";
import { directoryWith } from "./files";

/**
 * Docker's config of whoever runs the tests, and their logins, have no part in them. Only for unit tests: a process that
 * imports this loses that config.
 */
process.env["DOCKER_CONFIG"] = "/nonexistent";

/** Gives Docker a config until the test ends. */
export function useDockerConfig(t: TestContext, config: object): void {
  setVariable(t, "DOCKER_CONFIG", directoryWith(t, { "config.json": JSON.stringify(config) }));
}
