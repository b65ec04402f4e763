import assert from "node:assert/strict";
import { test } from "node:test";
import { registryReader } from "../../../../infra/registry/registry-reader";
import { Mocks } from "../../../support/mocks";

test("the look-up's provider contacts no container engine", async () => {
  const mocks = await Mocks.start();
  registryReader();
  await mocks.registered();
  assert.deepEqual(mocks.resources, [
    {
      type: "pulumi:providers:docker",
      name: "registry-reader",
      inputs: { host: "ssh://registry-only@localhost", disableDockerDaemonCheck: "true" },
    },
  ]);
});
