import assert from "node:assert/strict";
import * as http from "node:http";
import { test } from "node:test";
import { askThrough, smokeTest } from "../../../delivery/smoke";
import { listen, unusedPort } from "../servers";
import { type Answer, fakeRun } from "./fake-run";

const deployment = {
  namespace: "ping-prod",
  name: "ping",
  selector: "app=ping",
  health: { path: "/healthz", port: 8080 },
};
const timing = { inARow: 2, atMost: 4, pause: 0 };
const refused = { status: 2, stderr: "it answered 503" };
const kubectl = "kubectl --context prod --namespace ping-prod --request-timeout=10s";

/** A pod of the Deployment. */
const pod = (name: string, ready = true, deletionTimestamp?: string) => ({
  metadata: { name, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});

/** Tests a Deployment with these pods, each of which gives its answers in turn, the last one forever. */
async function tested(pods: readonly object[], answers: Readonly<Record<string, Answer[]>> = {}) {
  const asked: string[] = [];
  const run = fakeRun((text) => {
    if (text === `${kubectl} get pods --selector app=ping --output=json`) {
      return JSON.stringify({ items: pods });
    }
    const name = /pod\/([\w-]+) /.exec(text)?.[1] ?? "";
    assert.equal(text, `${kubectl} port-forward --address=127.0.0.1 pod/${name} :8080`);
    asked.push(name);
    const [first, ...rest] = answers[name] ?? [];
    if (rest.length > 0) {
      answers[name]?.shift();
    }
    return first;
  });
  return { health: await smokeTest(run, deployment, "prod", timing), asked };
}

test("every ready pod is asked until all were healthy twice in a row", async () => {
  assert.deepEqual(await tested([pod("a"), pod("b"), pod("late", false), pod("old", true, "2026-11-24T22:15:23Z")]), {
    health: { kind: "healthy" },
    asked: ["a", "b", "a", "b"],
  });
});

test("one bad pod of ten fails the test, and is named with its answer", async () => {
  const pods = Array.from({ length: 10 }, (_, index) => pod(`pod-${index}`));
  const { health, asked } = await tested(pods, { "pod-7": [refused] });
  assert.deepEqual(health, {
    kind: "unhealthy",
    reason: "pod pod-7: it answered 503",
  });
  assert.equal(asked.length, 40);
});

test("a pod may fail while it settles, but its health must last", async () => {
  assert.deepEqual((await tested([pod("a")], { a: [refused, refused, ""] })).health, { kind: "healthy" });
  assert.deepEqual((await tested([pod("a")], { a: [refused, "", refused, ""] })).health, {
    kind: "unhealthy",
    reason: "its health doesn't last",
  });
});

test("a Deployment without a ready pod is unhealthy", async () => {
  assert.deepEqual(await tested([pod("late", false)]), {
    health: { kind: "unhealthy", reason: "no pod is ready" },
    asked: [],
  });
});

const unasked = [
  'error: error upgrading connection: pods "a" is forbidden: User "ci" cannot create resource "pods/portforward" in API group ""',
  "error: error upgrading connection: error dialing backend: dial tcp 10.0.0.1:10250: i/o timeout",
  "error: unable to upgrade connection: Unauthorized",
];
const answered = ["it answered 403", "connect ECONNREFUSED 127.0.0.1:41234"];

test("a pod that can't be asked isn't an unhealthy one, and one that refuses to answer is", async () => {
  for (const stderr of unasked) {
    const { health } = await tested([pod("a"), pod("b")], { a: [{ status: 1, stderr }], b: [refused] });
    assert.deepEqual(health, { kind: "unknown", reason: stderr });
  }
  for (const stderr of answered) {
    const { health } = await tested([pod("a")], { a: [{ status: 2, stderr }] });
    assert.deepEqual(health, { kind: "unhealthy", reason: `pod a: ${stderr}` });
  }
});

test("where the pods can't be listed, nobody knows how they are", async () => {
  const stderr = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?";
  const run = fakeRun(() => ({ status: 1, stderr: `E1124 memcache.go\n${stderr}\n` }));
  assert.deepEqual(await smokeTest(run, deployment, undefined, timing), { kind: "unknown", reason: stderr });
});

test("a pod is asked once kubectl forwards, and healthy is what answers 2xx", async (t) => {
  const server = http.createServer((request, response) => {
    response.statusCode = request.url === "/healthz" ? 204 : 503;
    response.end();
  });
  const port = await listen(t, server);
  const forwarding = (to: number) => `Forwarding from 127.0.0.1:${to} -> 8080\n`;
  assert.equal(askThrough("", "/healthz"), undefined);
  assert.deepEqual(await askThrough(forwarding(port), "/healthz"), { status: 0, stdout: "", stderr: "" });
  assert.deepEqual(await askThrough(forwarding(port), "/"), { status: 2, stdout: "", stderr: "it answered 503" });
  const nobody = await unusedPort();
  assert.deepEqual(await askThrough(forwarding(nobody), "/"), {
    status: 2,
    stdout: "",
    stderr: `connect ECONNREFUSED 127.0.0.1:${nobody}`,
  });
});
