import assert from "node:assert/strict";
import { test } from "node:test";
import { callerAccount } from "../../../common/aws-account";
import { Mocks } from "../../support/mocks";
import { awsFunctions } from "../aws";

const token = "aws:index/getCallerIdentity:getCallerIdentity";
const config = { region: "eu-central-1", allowedAccountIds: ["111122223333"] };

test("an allowed account is known by its number, partition and region", async () => {
  const mocks = await Mocks.start({ functions: awsFunctions() });
  assert.deepEqual(await callerAccount(config), {
    id: "111122223333",
    partition: "aws",
    region: "eu-central-1",
    allowedIds: ["111122223333"],
  });
  assert.deepEqual(mocks.calls, [{ token, inputs: {} }]);
  assert.deepEqual(await mocks.registered(), []);
});

test("a stack without AWS asks for no account", async () => {
  const mocks = await Mocks.start();
  assert.equal(await callerAccount(undefined), undefined);
  assert.deepEqual(mocks.calls, []);
});

test("another account is refused with both", async () => {
  await Mocks.start({ functions: awsFunctions() });
  await assert.rejects(callerAccount({ ...config, allowedAccountIds: ["444455556666", "777788889999"] }), {
    message:
      "the AWS credentials are those of arn:aws:sts::111122223333:assumed-role/admin/me in account 111122223333, " +
      "and aws:allowedAccountIds allows only 444455556666, 777788889999. Use other credentials, or change that list.",
  });
});

test("so is one that the provider refuses before it can be asked", async () => {
  await Mocks.start({ functions: { [token]: new Error("AWS account ID not allowed: 111122223333") } });
  await assert.rejects(callerAccount({ ...config, allowedAccountIds: ["444455556666"] }), {
    message:
      "the AWS credentials are those of account 111122223333, and aws:allowedAccountIds allows only 444455556666. " +
      "Use other credentials, or change that list.",
  });
});

test("without credentials the error says so, and what tells whether there are any", async () => {
  await Mocks.start({
    functions: { [token]: new Error("No valid credential sources found.\n  Please see the docs.") },
  });
  await assert.rejects(callerAccount(config), {
    message:
      "no AWS credentials that work were found: No valid credential sources found. Please see the docs. " +
      "aws sts get-caller-identity says whether this machine has any.",
  });
});

test("any other reason is told as it is", async () => {
  await Mocks.start({ functions: { [token]: new Error("dial tcp: lookup sts: no such host") } });
  await assert.rejects(
    callerAccount(config),
    /^Error: AWS can't be asked whose credentials these are: dial tcp: lookup sts: no such host\. aws sts/,
  );
});
