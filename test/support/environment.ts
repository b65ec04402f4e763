import type { TestContext } from "node:test";

/** The config of Docker of whoever runs the tests has no part in them. */
process.env["DOCKER_CONFIG"] = "/nonexistent";

const own = { ...process.env };

/** Sets a variable of this process until the test ends. */
export function setVariable(t: TestContext, name: string, value: string): void {
  process.env[name] = value;
  t.after(() => {
    Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, own[name] === undefined ? {} : { [name]: own[name] });
  });
}
