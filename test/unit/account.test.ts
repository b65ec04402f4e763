import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Region } from "@pulumi/aws/types/enums";
import * as pulumi from "@pulumi/pulumi";
import { callerAccount, credentialSources, reasonOf } from "../../infra/account";
import { regions } from "../../infra/region";
import { awsFunctions } from "./aws";
import { Mocks } from "./mocks";

const token = "aws:index/getCallerIdentity:getCallerIdentity";
const config = { region: "eu-central-1", allowedAccountIds: ["111122223333"] };

/** Removes, until the test ends, what this machine says about AWS. */
function forgetAws(t: TestContext): void {
  const before = Object.entries(process.env).filter(([key]) => key.startsWith("AWS_"));
  before.forEach(([key]) => Reflect.deleteProperty(process.env, key));
  t.after(() => Object.assign(process.env, Object.fromEntries(before)));
}

test("an allowed account is known by its number, partition and region", async () => {
  const mocks = await Mocks.start({ functions: awsFunctions() });
  assert.deepEqual(await callerAccount(config), { id: "111122223333", partition: "aws", region: "eu-central-1" });
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

test("without credentials the error says where they were looked for", async (t) => {
  forgetAws(t);
  pulumi.runtime.setAllConfig({});
  await Mocks.start({
    functions: { [token]: new Error("No valid credential sources found.\n  Please see the docs.") },
  });
  await assert.rejects(callerAccount(config), {
    message:
      "no AWS credentials that work were found: No valid credential sources found. Please see the docs. Looked for in " +
      "this order: aws:accessKey and aws:secretKey in the stack's configuration; AWS_ACCESS_KEY_ID and " +
      "AWS_SECRET_ACCESS_KEY; AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN; the profile default in " +
      "~/.aws/credentials and ~/.aws/config; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or " +
      "AWS_CONTAINER_CREDENTIALS_FULL_URI; the metadata service of an EC2 instance.",
  });
});

test("any other reason is told as it is", async (t) => {
  forgetAws(t);
  await Mocks.start({ functions: { [token]: new Error("dial tcp: lookup sts: no such host") } });
  await assert.rejects(
    callerAccount(config),
    /^Error: AWS can't be asked whose credentials these are: dial tcp: lookup sts: no such host\. Looked for in/,
  );
});

test("the profile and the files looked at are the ones that were chosen", () => {
  pulumi.runtime.setAllConfig({});
  const profile = (environment: NodeJS.ProcessEnv) => credentialSources(environment)[3];
  const files = { AWS_CONFIG_FILE: "/a/config", AWS_SHARED_CREDENTIALS_FILE: "/a/credentials" };
  assert.equal(profile({ AWS_PROFILE: "me", ...files }), "the profile me in /a/credentials and /a/config");
  pulumi.runtime.setAllConfig({ "aws:profile": "ours" });
  assert.equal(profile({ AWS_PROFILE: "me" }), "the profile ours in ~/.aws/credentials and ~/.aws/config");
});

test("a plugin's reason stands on one line, without the engine's words around it", () => {
  const table: [unknown, string][] = [
    [new Error("invocation of aws:x returned an error: invoking aws:x: 1 error occurred:\n\t* gone\n\n"), "gone"],
    [new Error("Invoke of 'aws:x' failed: wrong (name)"), "wrong (name)"],
    ["plain.", "plain"],
  ];
  for (const [error, reason] of table) {
    assert.equal(reasonOf(error), reason);
  }
});

test("the regions are those that the AWS SDK knows", () => {
  assert.deepEqual([...regions].sort(), Object.values(Region).sort());
});
