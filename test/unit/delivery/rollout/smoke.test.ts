import assert from "node:assert/strict";
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from "@grpc/grpc-js";
import * as http from "node:http";
import { test, type TestContext } from "node:test";
import { askThrough, smokeTest } from "../../../../delivery/rollout/smoke";
import { answering, listen, unusedPort } from "../../../support/servers";
import { type Answer, fakeRun } from "../fake-run";

const deployment = {
  namespace: "ping-prod",
  name: "ping",
  selector: "app=ping",
  health: { path: "/healthz", port: 8080 },
};
const forwarding = (to: number) => `Forwarding from 127.0.0.1:${to} -> 8080\n`;
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
  const healthz = { path: "/healthz", port: 8080 };
  assert.equal(askThrough("", healthz), undefined);
  assert.deepEqual(await askThrough(forwarding(port), healthz), { status: 0, stdout: "", stderr: "" });
  assert.deepEqual(await askThrough(forwarding(port), { path: "/", port: 8080 }), {
    status: 2,
    stdout: "",
    stderr: "it answered 503",
  });
  const nobody = await unusedPort();
  assert.deepEqual(await askThrough(forwarding(nobody), healthz), {
    status: 2,
    stdout: "",
    stderr: `connect ECONNREFUSED 127.0.0.1:${nobody}`,
  });
});

/** Starts a gRPC server on a free loopback port, which is returned, and stops it with the test. */
async function started(t: TestContext, server: Server): Promise<number> {
  t.after(() => server.forceShutdown());
  return await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

test("a pod whose probe is one of gRPC is asked so, for a service or for the whole server, and healthy is SERVING", async (t) => {
  const long = "shop.v1.".repeat(40);
  const statuses: Record<string, number> = { "": 1, "shop.v1.Orders": 1, "shop.v1.Stock": 2, [long]: 1 };
  const server = new Server();
  server.addService(
    {
      check: {
        path: "/grpc.health.v1.Health/Check",
        requestStream: false,
        responseStream: false,
        requestSerialize: ({ service }: { service: string }) => Buffer.from(service),
        // A field of one string: its tag, its length and the text.
        requestDeserialize: (bytes: Buffer) => ({ service: bytes.subarray(bytes.length < 130 ? 2 : 3).toString() }),
        responseSerialize: (status: number) => Buffer.from([8, status]),
        responseDeserialize: (bytes: Buffer) => bytes[1],
      },
    },
    {
      check: ({ request }: ServerUnaryCall<{ service: string }, number>, done: sendUnaryData<number>) => {
        const found = statuses[request.service];
        done(found === undefined ? { code: status.NOT_FOUND, details: "unknown service" } : null, found);
      },
    },
  );
  const port = await started(t, server);
  const healthy = { status: 0, stdout: "", stderr: "" };
  for (const service of ["", "shop.v1.Orders", long]) {
    assert.deepEqual(await askThrough(forwarding(port), { service, port: 8080 }), healthy, service);
  }
  const refusals = { "shop.v1.Stock": "it answered NOT_SERVING", other: "5 NOT_FOUND: unknown service" };
  for (const [service, stderr] of Object.entries(refusals)) {
    assert.deepEqual(await askThrough(forwarding(port), { service, port: 8080 }), { status: 2, stdout: "", stderr });
  }
});

test("a server without the health protocol, and one that isn't gRPC's or isn't there, are unhealthy and told", async (t) => {
  const server = new Server();
  const port = await started(t, server);
  const asked = (to: number) => askThrough(forwarding(to), { service: "", port: 8080 });
  const stderr = "12 UNIMPLEMENTED: The server does not implement the method /grpc.health.v1.Health/Check";
  assert.deepEqual(await asked(port), { status: 2, stdout: "", stderr });
  const plain = await answering(t);
  for (const to of [plain, await unusedPort()]) {
    const answer = await asked(to);
    assert.equal(answer?.status, 2);
    assert.match(answer.stderr, /^14 UNAVAILABLE: /);
  }
});
