import assert from "node:assert/strict";
import { test } from "node:test";
import { ecrManifests, pullingAccounts } from "../../../../delivery/clean/ecr-manifests";
import { type Answer, fakeRun } from "../fake-run";

const host = "111122223333.dkr.ecr.eu-central-1.amazonaws.com";
const repository = { name: `${host}/team/ping`, host, path: "team/ping" };
const place = "--repository-name team/ping --registry-id 111122223333 --region eu-central-1";
const digest = (at: number) => `sha256:${at.toString(16).padStart(64, "0")}`;

/** ECR's answers by operation, and what was asked. */
function ecr(answers: Readonly<Record<string, (digests: string[]) => Answer>>) {
  const asked: string[] = [];
  const run = fakeRun((text, command) => {
    const [, , operation = ""] = command;
    const digests = command.filter((word) => word.startsWith("imageDigest=")).map((word) => word.slice(12));
    asked.push(`${operation} ${digests.length}`);
    assert.ok(text.startsWith(`aws ecr ${operation} ${place}`) && text.endsWith(" --output json"), text);
    return answers[operation]?.(digests);
  });
  return { run, asked };
}

test("every manifest is read, with its tags, its push, what it lists and what it is attached to", async () => {
  const texts = [
    { manifests: [{ digest: digest(1), size: 1 }] },
    { config: { digest: digest(8), size: 10 }, layers: [{ digest: digest(9), size: 100 }] },
    { config: { digest: digest(8), size: 10 }, layers: [], subject: { digest: digest(0), size: 1 } },
  ].map((each) => JSON.stringify(each));
  const { run } = ecr({
    "describe-images": () =>
      JSON.stringify({
        imageDetails: [
          { imageDigest: digest(0), imageTags: ["v1", "v2"], imagePushedAt: "2026-11-29T10:00:00.5+02:00" },
          { imageDigest: digest(1), imagePushedAt: 1_764_403_200.5 },
          { imageDigest: digest(2), imagePushedAt: "2026-11-29T08:00:00Z" },
        ],
      }),
    "batch-get-image": (digests) =>
      JSON.stringify({
        images: digests.map((each) => ({
          imageId: { imageDigest: each },
          imageManifest: texts[Number(each.slice(7))],
        })),
      }),
  });
  const own = (at: number) => ({ [digest(at)]: texts[at]?.length });
  assert.deepEqual(await ecrManifests(run, repository).list(), [
    {
      digest: digest(0),
      tags: ["v1", "v2"],
      pushed: new Date("2026-11-29T08:00:00.5Z"),
      parts: [digest(1)],
      subject: undefined,
      blobs: own(0),
    },
    {
      digest: digest(1),
      tags: [],
      pushed: new Date(1_764_403_200_500),
      parts: [],
      subject: undefined,
      blobs: { ...own(1), [digest(8)]: 10, [digest(9)]: 100 },
    },
    {
      digest: digest(2),
      tags: [],
      pushed: new Date("2026-11-29T08:00:00Z"),
      parts: [],
      subject: digest(0),
      blobs: { ...own(2), [digest(8)]: 10 },
    },
  ]);
});

test("ECR takes 100 manifests in a call", async () => {
  const some = Array.from({ length: 201 }, (_, at) => digest(at));
  const { run, asked } = ecr({
    "describe-images": () =>
      JSON.stringify({ imageDetails: some.map((imageDigest) => ({ imageDigest, imagePushedAt: 0 })) }),
    "batch-get-image": (digests) =>
      JSON.stringify({ images: digests.map((each) => ({ imageId: { imageDigest: each }, imageManifest: "{}" })) }),
    // One that is gone already.
    "batch-delete-image": () => JSON.stringify({ failures: [{ failureCode: "ImageNotFound" }] }),
  });
  const store = ecrManifests(run, repository);
  const manifests = await store.list();
  assert.deepEqual(
    manifests.map((each) => each.digest),
    some,
  );
  await store.remove(manifests);
  const calls = (operation: string) => [100, 100, 1].map((count) => `${operation} ${count}`);
  assert.deepEqual(asked, ["describe-images 0", ...calls("batch-get-image"), ...calls("batch-delete-image")]);
});

test("a manifest that can't be read, or isn't deleted, is a failure", async () => {
  const { run } = ecr({
    "describe-images": () => JSON.stringify({ imageDetails: [{ imageDigest: digest(0), imagePushedAt: 0 }] }),
    "batch-get-image": () => JSON.stringify({ images: [], failures: [{ failureCode: "ImageNotFound" }] }),
    "batch-delete-image": () =>
      JSON.stringify({
        failures: [{ failureCode: "ImageReferencedByManifestList", failureReason: "an index has it" }],
      }),
  });
  const store = ecrManifests(run, repository);
  await assert.rejects(store.list(), {
    message: `ECR doesn't give the manifest ${repository.name}@${digest(0)}, so nothing is deleted: try again`,
  });
  const manifest = { digest: digest(0), tags: [], pushed: undefined, parts: [], subject: undefined, blobs: {} };
  await assert.rejects(store.remove([manifest]), {
    message: `ECR doesn't delete 1 manifests of ${repository.name}, the first with ImageReferencedByManifestList: an index has it`,
  });
});

test("the accounts that may pull are those that the repository's policy lets in, beside its own", async () => {
  const allow = (principal: unknown) => ({ Effect: "Allow", Principal: principal });
  for (const [statements, accounts] of [
    [[], []],
    [[{ Effect: "Deny", Principal: "*" }], []],
    [
      [allow({ AWS: ["arn:aws:iam::444455556666:root", "arn:aws-cn:iam::777788889999:role/x"] })],
      ["444455556666", "777788889999"],
    ],
    [[allow({ AWS: "444455556666" }), allow({ AWS: "arn:aws:iam::111122223333:role/x" })], ["444455556666"]],
    [
      [allow("*"), allow({ Service: "lambda.amazonaws.com" })],
      ["*", "lambda.amazonaws.com"],
    ],
  ] as const) {
    const policyText = JSON.stringify({ Statement: statements });
    const { run } = ecr({ "get-repository-policy": () => JSON.stringify({ policyText }) });
    assert.deepEqual(await pullingAccounts(run, repository), accounts, policyText);
  }
  const refused = (stderr: string) => ecr({ "get-repository-policy": () => ({ status: 254, stderr }) }).run;
  assert.deepEqual(
    await pullingAccounts(refused("An error occurred (RepositoryPolicyNotFoundException)"), repository),
    [],
  );
  await assert.rejects(pullingAccounts(refused("An error occurred (AccessDeniedException)\n"), repository), {
    message: `nobody knows who may pull from ${repository.name}, so nothing is deleted: An error occurred (AccessDeniedException)`,
  });
});
