import assert from "node:assert/strict";
import { test } from "node:test";
import { greeterConfig } from "./greeter-config";
import { withProject } from "./project";
import { sandboxEnvironment } from "./sandbox";

test("another Go service deploys by config alone", async () => {
  const config = { ...greeterConfig, env: { GREETING: "Servus" } };
  await withProject("e2e-greeter", await sandboxEnvironment(), config, async (project) => {
    const { image, service } = await project.up();
    assert.match(image, /^localhost:15000\/greeter@sha256:[0-9a-f]{64}$/);
    assert.match(await project.request(service, "/"), /Servus/);
    await project.request(service, "/healthz");
    await project.pulumi("preview", "--expect-no-changes");
  });
});
