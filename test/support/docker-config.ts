import { type TestContext } from "node:test";
import { directoryWith } from "./files";

/** The config of Docker of whoever runs the tests has no part in them. */
process.env["DOCKER_CONFIG"] = "/nonexistent";

/** Gives Docker a config until the test ends. */
export function useDockerConfig(t: TestContext, config: object): void {
  const before = process.env["DOCKER_CONFIG"];
  process.env["DOCKER_CONFIG"] = directoryWith(t, { "config.json": JSON.stringify(config) });
  t.after(() => (process.env["DOCKER_CONFIG"] = before));
}
