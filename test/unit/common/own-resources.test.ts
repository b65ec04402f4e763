import assert from "node:assert/strict";
import { test } from "node:test";
import { ownResources } from "../../../common/own-resources";
import { Mocks, readState } from "../../support/mocks";

test("a stack's own state gives each resource's type, name and outputs, and nothing before the first update", async () => {
  const mocks = await Mocks.start();
  assert.deepEqual(await ownResources(), []);
  assert.deepEqual(mocks.calls, [{ token: readState, inputs: { stackName: "organization/ping/dev" } }]);

  const [type, outputs] = ["kubernetes:core/v1:Namespace", { metadata: { name: "ping-dev" } }];
  await Mocks.start({
    state: { [`urn:pulumi:dev::ping::ping:index:GoService$${type}::namespace`]: { type, outputs } },
  });
  assert.deepEqual(await ownResources(), [{ type, name: "namespace", outputs }]);
});

test("a state that can't be read is an error with the reason", async () => {
  await Mocks.start({ functions: { [readState]: new Error("no such bucket.") } });
  await assert.rejects(ownResources(), {
    message: "the state of the stack organization/ping/dev can't be read: no such bucket.",
  });
});
