import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { AnalyzeRequest, type AnalyzeResponse, AnalyzerResourceOptions } from "@pulumi/pulumi/proto/analyzer_pb";
import { toStruct } from "../../stand-ins/values";
import { digest } from "../stack";
import { ask } from "../stand-ins/plugin";

type Values = Parameters<typeof toStruct>[0];

test("the pack, as the engine runs it, allows ECR of an account and the stack's repository once it has seen them", async (t) => {
  const runner = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const pack = spawn(process.execPath, [runner, "127.0.0.1:1", "policy"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => pack.kill());
  const written = (await pack.stdout.iterator().next()) as IteratorResult<Buffer, undefined>;
  assert.ok(!written.done, "The pack ended before it listened.");
  const client = new AnalyzerClient(`127.0.0.1:${String(written.value).trim()}`, grpc.credentials.createInsecure());
  t.after(() => client.close());

  const violations = async (type: string, name: string, properties: Values) => {
    const urn = `urn:pulumi:dev::ping::${type}::${name}`;
    const request = new AnalyzeRequest().setType(type).setUrn(urn).setName(name).setProperties(toStruct(properties));
    request.setOptions(new AnalyzerResourceOptions().setCustomtimeouts(new AnalyzerResourceOptions.CustomTimeouts()));
    const response = await ask<AnalyzeResponse>((done) => client.analyze(request, done));
    return response.getDiagnosticsList().map((each) => each.getPolicyname());
  };
  const build = () =>
    violations("docker-build:index:Image", "ping-build", {
      tags: ["111122223333.dkr.ecr.eu-central-1.amazonaws.com/ping"],
    });
  const provider = (accounts: string, region = "eu-central-1") =>
    violations("pulumi:providers:aws", "default_7_48_0", { allowedAccountIds: accounts, region });
  assert.deepEqual(await build(), ["allowed-registries"]);
  assert.deepEqual(await provider('["444455556666"]'), []);
  assert.deepEqual(await build(), ["allowed-registries"]);
  assert.deepEqual(await provider('["444455556666","111122223333"]'), []);
  assert.deepEqual(await build(), []);

  const promotes = () =>
    violations("kubernetes:core/v1:Pod", "pod", {
      spec: { containers: [{ name: "a", image: `777788889999.dkr.ecr.eu-central-1.amazonaws.com/ping@${digest}` }] },
    });
  assert.ok((await promotes()).includes("allowed-registries"));
  assert.deepEqual(await violations("ping:index:EcrRegistry", "ping", { promotedFrom: "777788889999" }), []);
  assert.ok(!(await promotes()).includes("allowed-registries"));
  assert.deepEqual(await build(), []);

  const runs = (repository: string) =>
    violations("kubernetes:core/v1:Pod", "pod", {
      spec: { containers: [{ name: "a", image: `${repository}@${digest}` }] },
    });
  const refused = async (repository: string) => (await runs(repository)).includes("allowed-registries");
  assert.ok(await refused("localhost:5001/ping"));
  assert.deepEqual(await violations("ping:index:ServiceImage", "ping", {}), []);
  assert.ok(await refused("localhost:5001/ping"), "no registry.url");
  assert.deepEqual(await violations("ping:index:ServiceImage", "ping", { registry: "localhost:5001/ping" }), []);
  assert.ok(!(await refused("localhost:5001/ping")));
  assert.ok(await refused("localhost:5001/pong"));
  assert.ok(await refused("docker.io/library/nginx"));
  assert.deepEqual(
    await violations("docker-build:index:Image", "ping-build", {
      exports: [{ registry: { names: ["localhost:5001/ping"] } }],
    }),
    [],
  );
  assert.ok(!(await promotes()).includes("allowed-registries"));

  const china = () =>
    violations("docker-build:index:Image", "ping-build", {
      tags: ["111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/ping"],
    });
  assert.deepEqual(await china(), ["allowed-registries"]);
  assert.deepEqual(await provider('["111122223333"]', "cn-north-1"), []);
  assert.deepEqual([await china(), await build()], [[], ["allowed-registries"]]);
});
