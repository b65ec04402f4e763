import assert from "node:assert/strict";
import * as http from "node:http";
import { test } from "node:test";
import { untilAnswers } from "../../../../delivery/rollout/public-url";
import { answering, listen, unusedPort } from "../../../support/servers";

const timing = { atMost: 3, pause: 0 };

/** The error about a URL that doesn't answer. */
const refusal = (asked: string, problem: string) => ({
  message:
    `the pods are healthy, but ${asked} isn't: ${problem}. Look at the host's DNS record, and at the listener and the ` +
    "certificate of its Gateway or at its Ingress: docs/delivery.md says what they need",
});

test("a service answers at its URL once its health check is 2xx there, which may take a while, and no longer", async (t) => {
  const answers = [404, 503, 204];
  const asked: (string | undefined)[] = [];
  const server = http.createServer(({ url }, response) => {
    asked.push(url);
    response.statusCode = answers.shift() ?? 302;
    response.end();
  });
  const url = `http://127.0.0.1:${await listen(t, server)}`;
  const exposed = { url, health: { path: "/healthz?full", port: 8080 } };
  await untilAnswers(exposed, timing);
  assert.deepEqual(asked, Array(3).fill("/healthz?full"));
  await assert.rejects(untilAnswers(exposed, timing), refusal(`${url}/healthz?full`, "it answered 302"));
  assert.equal(asked.length, 6);
});

test("a URL that nothing answers at is told with the reason, and so is one without TLS", async (t) => {
  const port = await unusedPort();
  const health = { path: "/health", port: 8080 };
  const nobody = `http://127.0.0.1:${port}`;
  await assert.rejects(
    untilAnswers({ url: nobody, health }, timing),
    refusal(`${nobody}/health`, `connect ECONNREFUSED 127.0.0.1:${port}`),
  );
  const plain = await answering(t);
  for (const each of [health, { service: "shop.v1.Orders", port: 8080 }]) {
    await assert.rejects(
      untilAnswers({ url: `https://127.0.0.1:${plain}`, health: each }, timing),
      /isn't: .*(?:SSL|EPROTO|UNAVAILABLE)/,
    );
  }
});
