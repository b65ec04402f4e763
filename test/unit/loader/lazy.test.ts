import assert from "node:assert/strict";
import { spawn } from "node:child_process";
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
