import assert from "node:assert/strict";
import { test } from "node:test";
import { Region } from "@pulumi/aws/types/enums";
import { regions } from "../../infra/region";

test("the regions are those that the AWS SDK knows", () => {
  assert.deepEqual([...regions].sort(), Object.values(Region).sort());
});
