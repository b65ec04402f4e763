import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ApiServer } from "../../sandbox/offline/kubernetes/api";
import { isAutonamed, withName } from "../../sandbox/offline/kubernetes/autoname";
import { diffProperties, formatPath } from "../../sandbox/offline/diff";
import { builtInPath, parseType } from "../../sandbox/offline/kubernetes/kind";
import { loadKubeconfig, selectCluster } from "../../sandbox/offline/kubernetes/kubeconfig";
import { importedInputs, liveInputs, parseQuantity } from "../../sandbox/offline/kubernetes/live-inputs";
import {
  describePod,
  describeWarnings,
  lastLines,
  silentContainers,
} from "../../sandbox/offline/kubernetes/pod-report";
import { previewCreation } from "../../sandbox/offline/kubernetes/preview";
import { deploymentReadiness, namespaceReadiness, serviceReadiness } from "../../sandbox/offline/kubernetes/readiness";
import { mustDeleteFirst, needsReplacement } from "../../sandbox/offline/kubernetes/replacement";
import { diffSettings, refusedSettings } from "../../sandbox/offline/kubernetes/settings";
import { timeoutOf } from "../../sandbox/offline/kubernetes/await";
import { waitUntilReady } from "../../sandbox/offline/kubernetes/wait";
import { containsUnknown, type Properties, unknownString } from "../../sandbox/offline/values";

const seed = new Uint8Array([1, 2, 3]);
const immutable = { configMaps: false, secrets: false };

test("a type token leads to a kind and its path", () => {
  const cases: [string, ReturnType<typeof parseType>, ReturnType<typeof builtInPath>][] = [
    ["kubernetes:core/v1:Service", { apiVersion: "v1", kind: "Service" }, { plural: "services", namespaced: true }],
    [
      "kubernetes:core/v1:Namespace",
      { apiVersion: "v1", kind: "Namespace" },
      { plural: "namespaces", namespaced: false },
    ],
    [
      "kubernetes:networking.k8s.io/v1:NetworkPolicy",
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
      { plural: "networkpolicies", namespaced: true },
    ],
    [
      "kubernetes:networking.k8s.io/v1:IngressClass",
      { apiVersion: "networking.k8s.io/v1", kind: "IngressClass" },
      { plural: "ingressclasses", namespaced: false },
    ],
    ["kubernetes:example.com/v1:Thing", { apiVersion: "example.com/v1", kind: "Thing" }, undefined],
  ];
  for (const [type, kind, path] of cases) {
    assert.deepEqual(parseType(type), kind, type);
    assert.deepEqual(builtInPath(kind), path, type);
  }
});

test("charts, YAML files, lists and patches are refused by name", () => {
  const types = ["helm.sh/v3:Release", "yaml/v2:ConfigFile", "core/v1:ServiceList", "apps/v1:DeploymentPatch"];
  for (const type of types) {
    assert.throws(() => parseType(`kubernetes:${type}`), new RegExp(`doesn't do kubernetes:${type}`), type);
  }
});

test("a name is made up only where there is none, from the seed, and kept afterwards", () => {
  const resource = { name: "app", olds: {}, seed, rule: undefined };
  const made = withName({ metadata: { labels: { a: "b" } } }, resource);
  assert.deepEqual(made, {
    metadata: { labels: { a: "b" }, annotations: { "pulumi.com/autonamed": "true" }, name: "app-039058c6" },
  });
  assert.equal(isAutonamed(made), true);
  assert.deepEqual(withName({}, { ...resource, olds: made, seed: new Uint8Array([9]) }), {
    metadata: { annotations: { "pulumi.com/autonamed": "true" }, name: "app-039058c6" },
  });
  for (const given of [
    { metadata: { name: "mine" } },
    { metadata: { name: unknownString } },
    { metadata: unknownString },
  ]) {
    assert.deepEqual(withName(given, resource), given);
  }
});

test("the stack's autonaming configuration is followed", () => {
  const resource = { name: "app", olds: {}, seed };
  const named = withName({}, { ...resource, rule: { mode: "enforce", name: "chosen" } });
  assert.deepEqual(named, { metadata: { annotations: { "pulumi.com/autonamed": "true" }, name: "chosen" } });
  assert.throws(() => withName({}, { ...resource, rule: { mode: "disable", name: "" } }), /metadata\.name: required/);
});

test("a difference is told as deep as it goes, in Pulumi's notation", () => {
  const olds = { spec: { c: [{ image: "a", env: ["x"] }], same: 1, none: null }, metadata: { labels: { "a/b": "1" } } };
  const news = { spec: { c: [{ image: "b", env: ["x", "y"] }], same: 1, n: 0 }, metadata: { labels: {} } };
  const changes = diffProperties(olds, news).map(({ path, kind }) => `${kind} ${formatPath(path)}`);
  assert.deepEqual(changes, [
    'delete metadata.labels["a/b"]',
    "add spec.c[0].env[1]",
    "update spec.c[0].image",
    "add spec.n",
  ]);
  assert.deepEqual(diffProperties(olds, olds), []);
});

test("only immutable fields need a new object", () => {
  const cases: [string, string[], boolean][] = [
    ["apps/v1/Deployment", ["spec", "selector", "matchLabels", "a"], true],
    ["apps/v1/Deployment", ["spec", "template", "spec"], false],
    ["apps/v1/Deployment", ["metadata", "name"], true],
    ["apps/v1/Deployment", ["metadata", "labels", "a"], false],
    ["v1/Service", ["spec", "clusterIP"], true],
    ["v1/Service", ["spec", "ports"], false],
    ["v1/ConfigMap", ["data", "a"], true],
    ["v1/Pod", ["spec", "containers", "0", "image"], false],
    ["v1/Pod", ["spec", "containers", "0", "command"], true],
    ["v1/PersistentVolumeClaim", ["spec", "resources", "requests"], false],
    ["v1/PersistentVolumeClaim", ["spec"], true],
    ["policy/v1/PodDisruptionBudget", ["spec", "minAvailable"], false],
  ];
  for (const [name, path, expected] of cases) {
    const at = name.lastIndexOf("/");
    const kind = { apiVersion: name.slice(0, at), kind: name.slice(at + 1) };
    assert.equal(needsReplacement(kind, { path, kind: "update" }, immutable), expected, `${name} ${path.join(".")}`);
  }
  const configMap = { apiVersion: "v1", kind: "ConfigMap" };
  const change = { path: ["data"], kind: "update" } as const;
  assert.equal(needsReplacement(configMap, change, { configMaps: true, secrets: false }), false);
});

test("the old object goes first exactly where the new one takes its name", () => {
  const named = { metadata: { name: "a", namespace: "n" } };
  assert.equal(mustDeleteFirst(named, named), true);
  assert.equal(mustDeleteFirst(named, { metadata: { name: "b", namespace: "n" } }), false);
  const made = { metadata: { ...named.metadata, annotations: { "pulumi.com/autonamed": "true" } } };
  assert.equal(mustDeleteFirst(made, made), false);
});

function deployment(status: Properties, generation = 2): Properties {
  return { metadata: { generation }, spec: { replicas: 2, progressDeadlineSeconds: 30 }, status };
}

test("a rollout is ready once the newest revision has taken over", () => {
  const done = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  const cases: [Properties, string][] = [
    [{ ...done, observedGeneration: 1 }, "waiting for the controller to see the new revision"],
    [{ observedGeneration: 2, replicas: 2, availableReplicas: 2 }, "0 of 2 new pods created"],
    [{ ...done, updatedReplicas: 1 }, "1 of 2 new pods created"],
    [{ ...done, availableReplicas: 1 }, "1 of 2 new pods available"],
    [{ ...done, replicas: 3 }, "1 old pods still to be removed"],
  ];
  for (const [status, message] of cases) {
    assert.deepEqual(deploymentReadiness(deployment(status), {}, 0), { state: "waiting", message });
  }
  assert.deepEqual(deploymentReadiness(deployment(done), {}, 0), { state: "ready" });
  assert.deepEqual(deploymentReadiness({ spec: { paused: true } }, {}, 0), { state: "ready" });
});

test("a missed progress deadline fails the rollout, unless it is a verdict on the one before", () => {
  const missed = (lastUpdateTime: string) =>
    deployment({
      observedGeneration: 2,
      conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded", lastUpdateTime }],
    });
  const failed = { state: "failed", message: "no progress within 30 s (spec.progressDeadlineSeconds)" };
  assert.deepEqual(deploymentReadiness(missed("t1"), deployment({}), 0), failed);
  assert.deepEqual(deploymentReadiness(missed("t1"), missed("t0"), 0), failed);
  assert.equal(deploymentReadiness(missed("t1"), missed("t1"), 29).state, "waiting");
  assert.deepEqual(deploymentReadiness(missed("t1"), missed("t1"), 31), failed);
});

test("a Service is ready once an endpoint is", () => {
  const service = { spec: { selector: { app: "x" } } };
  const slice = (ready: boolean) => ({ endpoints: [{ conditions: { ready } }] });
  assert.deepEqual(serviceReadiness(service, []), {
    state: "waiting",
    message: "no ready endpoint: no pod matches its selector yet",
  });
  assert.deepEqual(serviceReadiness(service, [slice(false)]), {
    state: "waiting",
    message: "no ready endpoint: none of its pods is ready yet",
  });
  assert.deepEqual(serviceReadiness(service, [slice(false), slice(true)]), { state: "ready" });
  assert.deepEqual(serviceReadiness({ spec: {} }, []), { state: "ready" });
  assert.deepEqual(serviceReadiness({ spec: { ...service.spec, type: "ExternalName" } }, []), { state: "ready" });
  const balanced = { spec: { ...service.spec, type: "LoadBalancer" } };
  assert.equal(serviceReadiness(balanced, [slice(true)]).state, "waiting");
  const addressed = { ...balanced, status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } } };
  assert.deepEqual(serviceReadiness(addressed, [slice(true)]), { state: "ready" });
});

test("a Namespace is ready once it is active", () => {
  assert.deepEqual(namespaceReadiness({ status: { phase: "Active" } }), { state: "ready" });
  assert.deepEqual(namespaceReadiness({}), { state: "waiting", message: "its phase is not set yet" });
});

test("a wait ends when it is ready, failed, out of time or cancelled, and reports each state once", async () => {
  const reported: string[] = [];
  const options = (timeout: number, signal = new AbortController().signal) => {
    return { timeout, signal, interval: 1, report: (message: string) => reported.push(message) };
  };
  let looks = 0;
  const after = (count: number) => async () => {
    await Promise.resolve();
    looks += 1;
    return looks < count ? ({ state: "waiting", message: "not yet" } as const) : ({ state: "ready" } as const);
  };
  assert.equal(await waitUntilReady(after(4), options(1000)), undefined);
  assert.deepEqual(reported, ["not yet"]);
  const fails = () => Promise.resolve({ state: "failed", message: "broken" } as const);
  assert.deepEqual(await waitUntilReady(fails, options(1000)), { cause: "failed", message: "broken" });
  looks = -1e9;
  assert.deepEqual(await waitUntilReady(after(1), options(20)), {
    cause: "timeout",
    message: "not ready within 0.02 s: not yet",
  });
  const signal = AbortSignal.abort(new Error("cancelled"));
  assert.deepEqual(await waitUntilReady(after(1), options(1000, signal)), {
    cause: "cancelled",
    message: "cancelled: not yet",
  });
});

test("a wait outlasts an API server that breaks off, starts or has too much to do, and nothing else", async (t) => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.destroy(),
    (response) => response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy()),
    (response) => response.writeHead(503).end(),
    (response) => response.writeHead(429).end(),
    (response) => response.end("{}"),
    (response) => response.writeHead(403).end('{"message":"forbidden"}'),
  ];
  const server = createServer((_, response) => answers.shift()?.(response));
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: "u", user: { token: "t" } }],
  });
  const api = new ApiServer(await selectCluster(await loadKubeconfig(kubeconfig), { context: "", cluster: "" }));
  t.after(() => api.close());
  const wait = () =>
    waitUntilReady(
      async (signal) => {
        await api.request("GET", "/", { signal });
        return { state: "ready" };
      },
      { timeout: 5000, signal: new AbortController().signal, interval: 1, report: () => undefined },
    );
  assert.equal(await wait(), undefined);
  assert.equal(answers.length, 1);
  await assert.rejects(wait(), /forbidden/);
});

test("customTimeouts win over the annotation, and that over ten minutes", () => {
  const object = { metadata: { annotations: { "pulumi.com/timeoutSeconds": "7" } } };
  assert.deepEqual([timeoutOf(object, 3), timeoutOf(object, 0), timeoutOf({}, 0)], [3000, 7000, 600_000]);
});

test("a pod's report names what it waits for and its last words", () => {
  const pod = {
    metadata: { name: "p" },
    status: {
      phase: "Running",
      containerStatuses: [
        { name: "fine", ready: true, state: { running: {} } },
        { name: "slow", ready: false, restartCount: 2, state: { running: {} } },
        {
          name: "crash",
          ready: false,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
          lastState: { terminated: { exitCode: 1, reason: "Error", message: "one\n\nPORT: wrong\n" } },
        },
      ],
    },
  };
  assert.deepEqual(describePod(pod), [
    "pod p: Running",
    "  container slow: running but not ready, 2 restarts",
    "  container crash: CrashLoopBackOff: back-off 10s",
    "  container crash: ended with exit code 1 (Error)",
    "    | one",
    "    | PORT: wrong",
  ]);
});

test("a log is worth a look where a container ran, isn't ready and left no last words", () => {
  const ended = (message: string) => ({ terminated: { exitCode: 1, message } });
  const containerStatuses = [
    { name: "fine", ready: true, state: { running: {} }, lastState: ended("") },
    { name: "never ready", ready: false, state: { running: {} } },
    { name: "again", ready: false, state: { running: {} }, lastState: ended("") },
    { name: "explained", ready: false, state: { running: {} }, lastState: ended("why") },
    { name: "gone", ready: false, state: ended("") },
    { name: "not pulled", ready: false, state: { waiting: { reason: "ErrImagePull" } } },
  ];
  assert.deepEqual(silentContainers({ status: { containerStatuses } }), ["never ready", "again", "gone"]);
});

test("enough of a crash's output is shown to see what is above its stack", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  assert.deepEqual(lastLines(`${lines.join("\n\n")}\n`), lines.slice(10));
});

test("a pod that has no node says why", () => {
  const conditions = [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }];
  const pod = { metadata: { name: "p" }, status: { phase: "Pending", conditions } };
  assert.deepEqual(describePod(pod), ["pod p: Pending", "  not scheduled: 0/1 nodes are available"]);
});

test("only warnings about the objects at hand are told, once each, newest last", () => {
  const event = (type: string, name: string, message: string, lastTimestamp: string) => {
    return { type, reason: "R", message, lastTimestamp, involvedObject: { kind: "Pod", name } };
  };
  const events = [
    event("Warning", "p", "late", "2026-01-02"),
    event("Warning", "p", "early", "2026-01-01"),
    event("Warning", "p", "late", "2026-01-03"),
    event("Normal", "p", "fine", "2026-01-04"),
    event("Warning", "other", "not ours", "2026-01-05"),
  ];
  assert.deepEqual(describeWarnings(events, new Set(["p"])), ["R (Pod p): early", "R (Pod p): late"]);
});

test("pods that a quota forbids are one warning about their ReplicaSet, whatever each of them was called", () => {
  const event = (message: string) => {
    return { type: "Warning", reason: "FailedCreate", message, involvedObject: { kind: "ReplicaSet", name: "p-12" } };
  };
  const events = [
    event('Error creating: pods "p-12-a1b2c" is forbidden: exceeded quota'),
    event('(combined from similar events): Error creating: pods "p-12-d3e4f" is forbidden: exceeded quota'),
  ];
  assert.deepEqual(describeWarnings(events, new Set(["p-12"])), [
    'FailedCreate (ReplicaSet p-12): Error creating: pods "p-12-…" is forbidden: exceeded quota',
  ]);
});

test("live inputs are the fields that the program set, as they are now", () => {
  const inputs = {
    metadata: { name: "a", labels: { mine: "1" } },
    spec: { replicas: 2, gone: "x", empty: {}, containers: [{ image: "a", resources: { limits: { cpu: "1000m" } } }] },
  };
  const live = {
    metadata: { name: "a", uid: "u", labels: { mine: "1", theirs: "2" } },
    spec: {
      replicas: 5,
      paused: true,
      containers: [{ image: "a", imagePullPolicy: "Always", resources: { limits: { cpu: "1" } } }],
    },
    status: {},
  };
  assert.deepEqual(liveInputs(live, inputs), {
    metadata: { name: "a", labels: { mine: "1" } },
    spec: { replicas: 5, empty: {}, containers: [{ image: "a", resources: { limits: { cpu: "1000m" } } }] },
  });
});

test("an element that someone has added to a list shows as a change", () => {
  assert.deepEqual(liveInputs({ args: ["a", "b"] }, { args: ["a"] }), { args: ["a", "b"] });
  assert.deepEqual(liveInputs({ args: ["a"] }, { args: ["a", "b"] }), { args: ["a"] });
});

test("a Secret's stringData is compared with what it has become", () => {
  const data = { pw: Buffer.from("changed").toString("base64") };
  assert.deepEqual(liveInputs({ kind: "Secret", data }, { stringData: { pw: "was", gone: "x" } }), {
    stringData: { pw: "changed" },
  });
});

test("an import takes everything but what the API server adds", () => {
  const live = { kind: "A", metadata: { name: "a", uid: "u", managedFields: [] }, spec: { x: 1 }, status: { y: 2 } };
  assert.deepEqual(importedInputs(live), { kind: "A", metadata: { name: "a" }, spec: { x: 1 } });
});

test("quantities that mean the same are the same", () => {
  const cases = [
    ["1000m", "1"],
    ["0.1", "100m"],
    ["1Gi", "1024Mi"],
    ["1e3", "1k"],
    [2, "2"],
  ] as const;
  for (const [a, b] of cases) {
    assert.equal(parseQuantity(a), parseQuantity(b), `${a} = ${b}`);
  }
  assert.notEqual(parseQuantity("1G"), parseQuantity("1Gi"));
  assert.equal(parseQuantity("fast"), "fast");
});

test("a preview leaves unknown what only the API server can say", () => {
  const inputs = { kind: "Service", metadata: { name: "a" }, spec: { ports: [{ port: 80 }] } };
  const answer = { ...inputs, spec: { ports: [{ port: 80, protocol: "TCP" }], type: "ClusterIP" }, status: { a: 1 } };
  assert.deepEqual(previewCreation(inputs, answer), {
    kind: "Service",
    metadata: {
      ...{ uid: unknownString, resourceVersion: unknownString },
      ...{ creationTimestamp: unknownString, generation: unknownString, name: "a" },
    },
    spec: {
      ports: [{ port: 80, protocol: unknownString }],
      type: unknownString,
      clusterIP: unknownString,
      clusterIPs: unknownString,
    },
  });
  assert.equal(containsUnknown({ a: [{ b: unknownString }] }), true);
  assert.equal(containsUnknown({ a: [{ b: "known" }] }), false);
});

const tokenScript = `
  const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
  console.log(JSON.stringify({ status: { token: ["t", process.env.AWS_PROFILE, apiVersion].join("-") } }));
`;
const printsToken = {
  apiVersion: "client.authentication.k8s.io/v1beta1",
  command: process.execPath,
  args: ["--eval", tokenScript],
  env: [{ name: "AWS_PROFILE", value: "me" }],
};

const kubeconfig = {
  "current-context": "one",
  clusters: [
    {
      name: "c1",
      cluster: { server: "https://one:1", "certificate-authority-data": Buffer.from("ca").toString("base64") },
    },
    { name: "c2", cluster: { server: "https://two:2", "insecure-skip-tls-verify": true } },
  ],
  users: [
    { name: "cert", user: { "client-certificate-data": "Yw==", "client-key-data": "aw==" } },
    { name: "token", user: { token: "t" } },
    { name: "command", user: { exec: printsToken } },
    { name: "broken", user: { exec: { command: "./nowhere", args: ["get-token"] } } },
  ],
  contexts: [
    { name: "one", context: { cluster: "c1", user: "cert", namespace: "n" } },
    { name: "two", context: { cluster: "c2", user: "token" } },
    { name: "three", context: { cluster: "c2", user: "command" } },
    { name: "broken", context: { cluster: "c2", user: "broken" } },
  ],
};

const select = async (context: string) =>
  selectCluster(await loadKubeconfig(JSON.stringify(kubeconfig)), { context, cluster: "" });

test("a context leads to a server, a user and a namespace", async () => {
  assert.deepEqual(await select(""), {
    context: "one",
    server: new URL("https://one:1"),
    namespace: "n",
    tls: { ca: Buffer.from("ca"), cert: Buffer.from("c"), key: Buffer.from("k"), rejectUnauthorized: true },
    authorization: "",
  });
  assert.deepEqual(await select("two"), {
    context: "two",
    server: new URL("https://two:2"),
    namespace: "default",
    tls: { rejectUnauthorized: false },
    authorization: "Bearer t",
  });
});

test("a context that doesn't exist is refused with those that do", async () => {
  await assert.rejects(select("four"), {
    message: 'kubeconfig: there is no context "four"; it has one, two, three, broken',
  });
});

test("a command's credentials are asked for with what the kubeconfig says and the protocol wants", async () => {
  const { authorization } = await select("three");
  assert.equal(authorization, "Bearer t-me-client.authentication.k8s.io/v1beta1");
});

test("a command that can't be run is reported with its context", async () => {
  await assert.rejects(select("broken"), /^Error: kubeconfig: context "broken": \.\/nowhere get-token: .*ENOENT/);
});

test("a kubeconfig that isn't there is reported with its path", async () => {
  await assert.rejects(loadKubeconfig("/nowhere/config"), /^Error: kubeconfig \/nowhere\/config: ENOENT/);
});

test("a kubeconfig may be YAML", async () => {
  const { content } = await loadKubeconfig("current-context: one\ncontexts: []\n");
  assert.deepEqual(content, { "current-context": "one", contexts: [] });
});

test("a provider's arguments replace its resources only when they lead to another cluster", async () => {
  const config = (server: string, token: string) =>
    JSON.stringify({
      "current-context": "x",
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server } }],
      users: [{ name: "u", user: { token } }],
    });
  const a = { kubeconfig: config("https://a", "1"), version: "1" };
  const newToken = { kubeconfig: config("https://a", "2"), version: "2" };
  const b = { kubeconfig: config("https://b", "1") };
  const cases: [Properties, Properties, Awaited<ReturnType<typeof diffSettings>>][] = [
    [a, { ...a, version: "2" }, { changed: [], replaces: [] }],
    [a, newToken, { changed: ["kubeconfig"], replaces: [] }],
    [a, b, { changed: ["kubeconfig"], replaces: ["kubeconfig"] }],
    [a, { ...a, namespace: "n" }, { changed: ["namespace"], replaces: [] }],
    [a, { kubeconfig: unknownString }, { changed: ["kubeconfig"], replaces: ["kubeconfig"] }],
    [
      { ...a, clusterIdentifier: "i" },
      { ...b, clusterIdentifier: "i" },
      { changed: ["kubeconfig"], replaces: [] },
    ],
    [
      { ...a, clusterIdentifier: "i" },
      { ...a, clusterIdentifier: "j" },
      { changed: ["clusterIdentifier"], replaces: ["clusterIdentifier"] },
    ],
  ];
  for (const [olds, news, expected] of cases) {
    assert.deepEqual(await diffSettings(olds, news), expected);
  }
});

test("arguments that only the real provider understands are refused", () => {
  assert.deepEqual(refusedSettings({ context: "c", enableServerSideApply: "true", renderYamlToDirectory: "d" }), [
    {
      property: "renderYamlToDirectory",
      reason: 'the offline Kubernetes provider doesn\'t do renderYamlToDirectory: "d"',
    },
  ]);
  assert.equal(refusedSettings({ enableServerSideApply: "false" }).length, 1);
});
