import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "js-yaml";
import { z } from "zod";

const oneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

/** A policy of IAM: of a bucket, if it has principals. */
const policy = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().regex(/^[A-Za-z0-9]+$/),
      Effect: z.literal("Allow"),
      Principal: z.strictObject({ AWS: oneOrMany }).optional(),
      Action: z.array(z.enum(["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"])),
      Resource: z.array(z.string().regex(/^arn:aws:s3:::acme-ping-(state|pull-requests)(\/\.pulumi\/[\w*./-]+)?$/)),
    }),
  ),
});

const read = (file: string) => policy.parse(JSON.parse(readFileSync(join("docs", file), "utf8"))).Statement;
const [state, pullRequests] = ["arn:aws:s3:::acme-ping-state", "arn:aws:s3:::acme-ping-pull-requests"];
const { config } = z
  .object({ config: z.object({ "aws:allowedAccountIds": z.tuple([z.string()]) }) })
  .parse(load(readFileSync("Pulumi.staging.yaml", "utf8")));
const [account] = config["aws:allowedAccountIds"];
const role = (name: string) => `arn:aws:iam::${account}:role/ping-${name}`;
const change = ["s3:PutObject", "s3:DeleteObject"];
const look = ["s3:ListBucket", "s3:GetObject"];

test("the roles of staging and prod read the bucket of their state, and a deploying role writes its own stack alone", () => {
  const [reading, ...writing] = read("state-bucket.json");
  assert.deepEqual(reading, {
    Sid: "Read",
    Effect: "Allow",
    Principal: { AWS: ["staging-deploy", "staging-preview", "staging-clean", "prod-deploy", "prod-preview"].map(role) },
    Action: look,
    Resource: [state, `${state}/.pulumi/*`],
  });
  assert.deepEqual(
    writing,
    ["staging", "prod"].map((stack) => ({
      Sid: `Write${stack.charAt(0).toUpperCase()}${stack.slice(1)}`,
      Effect: "Allow",
      Principal: { AWS: [role(`${stack}-deploy`)] },
      Action: change,
      Resource: [`${state}/.pulumi/*/ping/${stack}.*`, `${state}/.pulumi/*/ping/${stack}/*`],
    })),
  );
});

test("one role reads and writes the bucket of pull requests", () => {
  assert.deepEqual(read("pull-requests-bucket.json"), [
    {
      Sid: "ReadAndWrite",
      Effect: "Allow",
      Principal: { AWS: [role("pull-requests-deploy")] },
      Action: [...look, ...change],
      Resource: [pullRequests, `${pullRequests}/.pulumi/*`],
    },
  ]);
});

test("a role of another account gets rights on the state alone", () => {
  assert.deepEqual(read("state-from-another-account.json"), [
    { Sid: "State", Effect: "Allow", Action: [...look, ...change], Resource: [state, `${state}/.pulumi/*`] },
  ]);
});

test("docs/eks.md puts each of these policies somewhere", () => {
  const used = [...readFileSync("docs/eks.md", "utf8").matchAll(/file:\/\/docs\/([\w-]+\.json)/g)].map(
    ([, file]) => file,
  );
  assert.deepEqual(
    used.sort(),
    readdirSync("docs")
      .filter((file) => file.endsWith(".json"))
      .sort(),
  );
});
