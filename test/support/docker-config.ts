import type { TestContext } from "node:test";
import { setVariable } from "./environment";
import { directoryWith } from "./files";

/** Gives Docker a config until the test ends. */
export function useDockerConfig(t: TestContext, config: object): void {
  setVariable(t, "DOCKER_CONFIG", directoryWith(t, { "config.json": JSON.stringify(config) }));
}
