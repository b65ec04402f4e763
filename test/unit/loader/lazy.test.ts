import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { json, text } from "node:stream/consumers";
import { test } from "node:test";
import { listen } from "../../support/servers";

// What the SDK's runner does with the URL of --tracing.
const program = `
  const tracing = require("@pulumi/pulumi/cmd/run/tracing");
  const loaded = () => Object.keys(require.cache).some((file) => file.includes("/@opentelemetry/sdk-trace-base/"));
  process.stdout.write(String(loaded()));
  tracing.start(process.argv[1]);
  tracing.stop();
`;

test("what traces are written with is loaded only for a trace, which is then written", async (t) => {
  const spans: unknown[] = [];
  const port = await listen(
    t,
    http.createServer((request, response) => {
      void json(request).then((body) => {
        spans.push(body);
        response.writeHead(202).end();
      });
    }),
  );
  const url = `http://127.0.0.1:${port}/api/v2/spans`;
  const child = spawn(process.execPath, ["--require", "./loader", "--eval", program, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [written] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.deepEqual([child.exitCode, written], [0, "false"]);
  assert.deepEqual(
    (spans.flat() as { name: string }[]).map(({ name }) => name),
    ["nodejs-runtime-root"],
  );
});

test("of what a room exports, only what is used is loaded", () => {
  const uses = `
    const { relative } = require("node:path");
    const loaded = () =>
      Object.keys(require.cache).map((file) => relative("", file)).filter((file) => /^(common|infra)/.test(file)).sort();
    const [common, registry] = [require("./common"), require("./infra/registry")];
    const before = loaded();
    common.isDnsLabel("ping");
    registry.lifecyclePolicy(1);
    process.stdout.write(JSON.stringify([before, loaded()]));
  `;
  const doors = ["common/index.ts", "infra/registry/index.ts"];
  const used = ["common/dns-label.ts", "infra/registry/ecr/index.ts", "infra/registry/ecr/lifecycle-policy.ts"];
  const written = execFileSync(process.execPath, ["--require", "./loader", "--eval", uses], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(written), [doors, [...doors, ...used].sort()]);
});
