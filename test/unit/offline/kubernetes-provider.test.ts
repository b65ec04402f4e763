import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  CreateRequest,
  type CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ErrorResourceInitFailed,
  InvokeRequest,
  PropertyDiff,
  ReadRequest,
  type ReadResponse,
  UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { kubernetesProvider } from "../../sandbox/offline/kubernetes/protocol";
import { forceAnnotation } from "../../sandbox/offline/kubernetes/refusal";
import { fromStruct, objectAt, type Properties, textAt, toStruct, unknownString } from "../../sandbox/offline/values";
import { FakeApiServer } from "./fake-api-server";
import { ask, type Running, startPlugin } from "./plugin";

const configMap = "kubernetes:core/v1:ConfigMap";
const deployment = "kubernetes:apps/v1:Deployment";

let api: FakeApiServer;
let plugin: Running<ResourceProviderClient>;
let stopping: AbortController;

async function connect(
  kubeconfig: string,
  settings: Record<string, string> = {},
): Promise<Running<ResourceProviderClient>> {
  stopping = new AbortController();
  const implementation = kubernetesProvider("4.34.2", "", stopping);
  const running = await startPlugin(ResourceProviderService, implementation, ResourceProviderClient);
  const request = new ConfigureRequest();
  for (const [key, value] of Object.entries({ kubeconfig, ...settings })) {
    request.getVariablesMap().set(`kubernetes:config:${key}`, value);
  }
  await ask((done) => running.client.configure(request, done));
  return running;
}

before(async () => {
  api = await FakeApiServer.start();
});
beforeEach(async () => {
  plugin = await connect(api.kubeconfig);
});
afterEach(() => {
  stopping.abort();
  plugin.stop();
  api.objects.clear();
  api.seen.length = 0;
  api.refusal = undefined;
  api.control = (object) => object;
});
after(() => {
  api.stop();
});

const urn = (type: string) => `urn:pulumi:dev::ping::${type}::app`;

async function check(type: string, news: Properties, olds: Properties = {}): Promise<Properties> {
  const request = new CheckRequest()
    .setUrn(urn(type))
    .setType(type)
    .setName("app")
    .setRandomseed(new Uint8Array([1]));
  request.setOlds(toStruct(olds)).setNews(toStruct(news));
  return fromStruct((await ask<CheckResponse>((done) => plugin.client.check(request, done))).getInputs());
}

async function create(type: string, inputs: Properties, preview = false, timeout = 0): Promise<[string, Properties]> {
  const request = new CreateRequest().setUrn(urn(type)).setType(type).setPreview(preview).setTimeout(timeout);
  const response = await ask<CreateResponse>((done) =>
    plugin.client.create(request.setProperties(toStruct(inputs)), done),
  );
  return [response.getId(), fromStruct(response.getProperties())];
}

async function read(type: string, id: string, inputs: Properties): Promise<[string, Properties]> {
  const request = new ReadRequest().setUrn(urn(type)).setType(type).setId(id).setInputs(toStruct(inputs));
  const response = await ask<ReadResponse>((done) => plugin.client.read(request, done));
  return [response.getId(), fromStruct(response.getInputs())];
}

const named: Properties = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "conf", namespace: "ns" },
  data: { a: "1" },
};
const path = "/api/v1/namespaces/ns/configmaps/conf";

test("check fills in kind, name and the context's namespace without asking the API server", async () => {
  assert.deepEqual(await check(configMap, { data: { a: "1" } }), {
    apiVersion: "v1",
    kind: "ConfigMap",
    data: { a: "1" },
    metadata: {
      annotations: { "pulumi.com/autonamed": "true" },
      name: "app-4bf5122f",
      namespace: "from-context",
    },
  });
  assert.deepEqual(api.seen, []);
});

test("check gives an object of the whole cluster no namespace", async () => {
  assert.deepEqual(await check("kubernetes:core/v1:Namespace", { metadata: { name: "a" } }), {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
});

test("diff names every property that differs, and asks for a replacement where one is needed", async () => {
  const request = new DiffRequest().setUrn(urn(configMap)).setType(configMap).setId("ns/conf");
  request.setOldInputs(toStruct(named)).setOlds(toStruct({}));
  request.setNews(
    toStruct({ ...named, metadata: { ...objectAt(named, "metadata"), labels: { a: "b" } }, data: { a: "2" } }),
  );
  const response = await ask<DiffResponse>((done) => plugin.client.diff(request, done));
  assert.equal(response.getChanges(), DiffResponse.DiffChanges.DIFF_SOME);
  assert.deepEqual(response.getReplacesList(), ["data"]);
  assert.deepEqual(response.getDiffsList(), ["data", "metadata"]);
  assert.equal(response.getDeletebeforereplace(), true);
  const details: unknown[] = [];
  response.getDetaileddiffMap().forEach((value, key) => details.push([key, value.getKind(), value.getInputdiff()]));
  assert.deepEqual(details, [
    ["data.a", PropertyDiff.Kind.UPDATE_REPLACE, true],
    ["metadata.labels", PropertyDiff.Kind.ADD, true],
  ]);
});

test("an object is applied under a field manager of its own, and updated under the same", async () => {
  const [id, outputs] = await create(configMap, named);
  assert.equal(id, "ns/conf");
  const fieldManager = textAt(outputs, "__fieldManager");
  assert.match(fieldManager, /^pulumi-kubernetes-[0-9a-f]{8}$/);
  assert.deepEqual(outputs, {
    ...named,
    metadata: {
      name: "conf",
      namespace: "ns",
      uid: textAt(outputs, "metadata", "uid"),
      resourceVersion: textAt(outputs, "metadata", "resourceVersion"),
    },
    __fieldManager: fieldManager,
  });
  const request = new UpdateRequest().setUrn(urn(configMap)).setType(configMap).setId(id).setOlds(toStruct(outputs));
  request.setNews(toStruct({ ...named, data: { a: "2" } }));
  const updated = await ask<UpdateResponse>((done) => plugin.client.update(request, done));
  assert.deepEqual(objectAt(fromStruct(updated.getProperties()), "data"), { a: "2" });
  const query = { fieldManager, force: "false" };
  assert.deepEqual(api.seen, [
    { method: "PATCH", path, query },
    { method: "PATCH", path, query },
  ]);
});

test("the patchForce annotation takes fields over", async () => {
  await create(configMap, {
    ...named,
    metadata: { name: "conf", namespace: "ns", annotations: { [forceAnnotation]: "true" } },
  });
  assert.equal(api.seen[0]?.query["force"], "true");
});

test("so does the provider's argument, unless the annotation says otherwise", async () => {
  const forcing = await connect(api.kubeconfig, { enablePatchForce: "true" });
  const annotated = {
    ...named,
    metadata: { ...objectAt(named, "metadata"), annotations: { [forceAnnotation]: "false" } },
  };
  for (const inputs of [named, annotated]) {
    const request = new CreateRequest().setUrn(urn(configMap)).setType(configMap).setProperties(toStruct(inputs));
    await ask((done) => forcing.client.create(request, done));
  }
  forcing.stop();
  assert.deepEqual(
    api.seen.map(({ query }) => query["force"]),
    ["true", "false"],
  );
});

test("a preview stores nothing, and leaves unknown what isn't known", async () => {
  const [id, outputs] = await create(configMap, named, true);
  assert.equal(id, "");
  assert.equal(textAt(outputs, "metadata", "uid"), unknownString);
  assert.equal(api.objects.size, 0);
  assert.equal(api.seen[0]?.query["dryRun"], "All");
});

test("a preview with unknown inputs asks the API server nothing", async () => {
  const [, outputs] = await create(configMap, { ...named, data: { a: unknownString } }, true);
  assert.deepEqual(objectAt(outputs, "data"), { a: unknownString });
  assert.deepEqual(api.seen, []);
});

test("a preview passes in a namespace that the update will create, the update itself does not", async () => {
  const inputs = { ...named, metadata: { name: "conf", namespace: "missing" } };
  const [, outputs] = await create(configMap, inputs, true);
  assert.deepEqual(objectAt(outputs, "data"), { a: "1" });
  await assert.rejects(create(configMap, inputs), {
    details: 'apply v1/ConfigMap missing/conf: namespaces "missing" not found',
  });
});

test("a refusal is reported with the object's name and the server's reason, in a preview too", async () => {
  api.refusal = { kind: "Status", reason: "Invalid", code: 422, message: "data: is wrong" };
  for (const preview of [true, false]) {
    await assert.rejects(create(configMap, named, preview), { details: "apply v1/ConfigMap ns/conf: data: is wrong" });
  }
});

test("a conflict is reported with the way out", async () => {
  api.refusal = { kind: "Status", reason: "Conflict", code: 409, message: 'conflict with "kubectl"' };
  await assert.rejects(create(configMap, named), /conflict with "kubectl"\nSet the annotation pulumi\.com\/patchForce/);
});

test("the values of a Secret are secrets", async () => {
  const inputs = { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "ns" }, data: { a: "MQ==" } };
  const [, outputs] = await create("kubernetes:core/v1:Secret", inputs);
  assert.deepEqual(outputs["data"], {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value: { a: "MQ==" },
  });
});

test("a refresh returns the live values of what the program set, and nothing for what is gone", async () => {
  await create(configMap, named);
  api.objects.set(path, { ...named, data: { a: "drifted", theirs: "x" } });
  assert.deepEqual(await read(configMap, "ns/conf", named), ["ns/conf", { ...named, data: { a: "drifted" } }]);
  api.objects.clear();
  assert.deepEqual(await read(configMap, "ns/conf", named), ["", {}]);
});

test("a deletion takes dependents along, waits, and is content with what is gone already", async () => {
  await create(configMap, named);
  api.seen.length = 0;
  const request = new DeleteRequest().setUrn(urn(configMap)).setType(configMap).setId("ns/conf");
  request.setProperties(toStruct(named));
  await ask((done) => plugin.client.delete(request, done));
  await ask((done) => plugin.client.delete(request, done));
  assert.deepEqual(
    api.seen.map(({ method }) => method),
    ["DELETE", "GET", "DELETE"],
  );
});

const app: Properties = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "app", namespace: "ns" },
  spec: { replicas: 1, selector: { matchLabels: { app: "x" } }, progressDeadlineSeconds: 5 },
};

test("a Deployment is waited for, and returned as it is then", async () => {
  api.control = (object) => ({ ...object, status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 } });
  const [id, outputs] = await create(deployment, app);
  assert.equal(id, "ns/app");
  assert.deepEqual(outputs["status"], { replicas: 1, updatedReplicas: 1, availableReplicas: 1 });
});

test("skipAwait waits for nothing", async () => {
  const annotations = { "pulumi.com/skipAwait": "true" };
  await create(deployment, { ...app, metadata: { name: "app", namespace: "ns", annotations } });
  assert.deepEqual(
    api.seen.map(({ method }) => method),
    ["PATCH"],
  );
});

function initFailure(error: unknown): ErrorResourceInitFailed {
  const metadata = (error as ServiceError).metadata.get("grpc-status-details-bin")[0];
  assert.ok(Buffer.isBuffer(metadata), "the error carries no details");
  const [detail] = Status.deserializeBinary(metadata).getDetailsList();
  assert.equal(detail?.getTypeName(), "pulumirpc.ErrorResourceInitFailed");
  return ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
}

test("a rollout that fails says which pod, why, and its last words, and keeps the object in the state", async () => {
  const condition = { type: "Progressing", reason: "ProgressDeadlineExceeded", lastUpdateTime: "now" };
  api.control = (object) => ({ ...object, status: { conditions: [condition] } });
  const terminated = { exitCode: 1, reason: "Error", message: "PORT: not a number" };
  const containerStatuses = [{ name: "c", ready: false, state: { terminated } }];
  const pod = { metadata: { name: "app-1", namespace: "ns" }, status: { phase: "Running", containerStatuses } };
  api.objects.set("/api/v1/namespaces/ns/pods", { items: [pod] });
  const involvedObject = { kind: "Pod", name: "app-1" };
  const event = { type: "Warning", reason: "BackOff", message: "restarting", involvedObject };
  api.objects.set("/api/v1/namespaces/ns/events", { items: [event] });
  await assert.rejects(create(deployment, app), (error) => {
    const failed = initFailure(error);
    assert.equal(failed.getId(), "ns/app");
    assert.equal(fromStruct(failed.getProperties())["kind"], "Deployment");
    assert.deepEqual(failed.getReasonsList(), [
      [
        "Deployment ns/app: no progress within 5 s (spec.progressDeadlineSeconds)",
        "  pod app-1: Running",
        "    container c: ended with exit code 1 (Error)",
        "      | PORT: not a number",
        "  warnings:",
        "    BackOff (Pod app-1): restarting",
      ].join("\n"),
    ]);
    return true;
  });
});

test("a rollout that takes longer than customTimeouts fails with what was missing", async () => {
  await assert.rejects(create(deployment, app, false, 0.5), /not ready within 0\.5 s: 0 of 1 new pods created/);
});

test("cancelling ends a wait at once and keeps the object in the state", async () => {
  const waiting = create(deployment, app);
  const settled = assert.rejects(waiting, (error) => {
    const failed = initFailure(error);
    assert.deepEqual(failed.getReasonsList(), ["Deployment ns/app: cancelled: 0 of 1 new pods created"]);
    return true;
  });
  // The second look comes when the first one's answer has been read.
  while (api.seen.filter(({ method }) => method === "GET").length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stopping.abort(new Error("cancelled"));
  await settled;
});

test("a cluster that is down fails an update by name, and lets a preview pass", async () => {
  plugin.stop();
  const gone = api.kubeconfig.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1");
  plugin = await connect(gone);
  const [, outputs] = await create(configMap, named, true);
  assert.deepEqual(objectAt(outputs, "data"), { a: "1" });
  await assert.rejects(create(configMap, named), {
    details:
      'the Kubernetes cluster of context "fake" at http://127.0.0.1:1 is unreachable: connect ECONNREFUSED 127.0.0.1:1',
  });
});

test("a kind that is not built in is looked up once", async () => {
  const resources = [{ name: "things", kind: "Thing", namespaced: true }];
  api.objects.set("/apis/example.com/v1", { resources });
  const type = "kubernetes:example.com/v1:Thing";
  const inputs = await check(type, { metadata: { name: "t", namespace: "ns" } });
  await create(type, inputs);
  await create(type, inputs);
  const applied = ["PATCH", "/apis/example.com/v1/namespaces/ns/things/t"];
  const seen = api.seen.map(({ method, path: asked }) => [method, asked]);
  assert.deepEqual(seen, [["GET", "/apis/example.com/v1"], applied, applied]);
});

test("a kind that the cluster doesn't have fails an update with what is missing", async () => {
  const inputs = { apiVersion: "example.com/v1", kind: "Other", metadata: { name: "t", namespace: "ns" } };
  await assert.rejects(create("kubernetes:example.com/v1:Other", inputs), /no kind Other in example\.com\/v1/);
});

test("functions of the provider are unimplemented, and say so", async () => {
  const request = new InvokeRequest().setTok("kubernetes:yaml:decode");
  await assert.rejects(
    ask((done) => plugin.client.invoke(request, done)),
    /only does single objects/,
  );
});
