import assert from "node:assert/strict";
import { test } from "node:test";
import { secret, unknown } from "../../../../delivery/preview/diff";
import { bases, changes, images, parsePreview } from "../../../../delivery/preview/preview";

const urn = (type: string, name: string) => `urn:pulumi:dev::ping::${type}::${name}`;
const [deployment, image] = ["kubernetes:apps/v1:Deployment", "docker-build:index:Image"];

/** A preview with these steps, as the CLI writes it. */
function preview(...steps: unknown[]) {
  const parsed = parsePreview(JSON.stringify({ steps, changeSummary: {}, duration: 12 }));
  assert.ok(parsed);
  return parsed;
}

const spec = (running: unknown) => ({ spec: { template: { spec: { containers: running } } } });

test("an update shows the properties that the provider names, with what they were and will be", () => {
  const step = {
    op: "update",
    urn: urn(deployment, "web"),
    oldState: { type: deployment, inputs: spec([{ image: "a" }]), outputs: { status: 1 } },
    newState: { type: deployment, inputs: spec([{ image: "b", env: [{ name: "A", value: "1" }] }]) },
    detailedDiff: {
      "spec.template.spec.containers[0].image": { kind: "update", inputDiff: true },
      "spec.template.spec.containers[0].env": { kind: "add", inputDiff: true },
    },
  };
  const containers = ["spec", "template", "spec", "containers", 0];
  assert.deepEqual(changes(preview(step)), [
    {
      op: "update",
      type: deployment,
      name: "web",
      properties: [
        { path: [...containers, "image"], old: "a", new: "b" },
        { path: [...containers, "env", 0, "name"], old: undefined, new: "A" },
        { path: [...containers, "env", 0, "value"], old: undefined, new: "1" },
      ],
    },
  ]);
});

test("a property that the provider computes is unknown until the update, one that goes is not", () => {
  const step = {
    op: "update",
    urn: urn(image, "build"),
    oldState: { type: image, inputs: { args: { V: "1" } }, outputs: { hash: "12", args: { V: "1" } } },
    newState: { type: image, inputs: {} },
    detailedDiff: { hash: { kind: "update", inputDiff: false }, args: { kind: "delete", inputDiff: true } },
  };
  assert.deepEqual(changes(preview(step))[0]?.properties, [
    { path: ["hash"], old: "12", new: unknown },
    { path: ["args", "V"], old: "1", new: undefined },
  ]);
});

test("a change that nothing can be seen of is listed all the same", () => {
  const state = { type: deployment, inputs: { data: secret } };
  const detailedDiff = { "data.password": { kind: "update", inputDiff: true } };
  const step = { op: "update", urn: urn(deployment, "web"), oldState: state, newState: state, detailedDiff };
  assert.deepEqual(changes(preview(step))[0]?.properties, [{ path: ["data", "password"], old: secret, new: secret }]);
});

test("without a provider's diff, all inputs that differ are listed; of a new resource all, of one that goes all", () => {
  const [before, after] = [
    { type: deployment, inputs: { a: 1, b: 1 } },
    { type: deployment, inputs: { a: 1, b: 2 } },
  ];
  const steps = [
    { op: "update", urn: urn(deployment, "one"), oldState: before, newState: after, detailedDiff: null },
    { op: "create", urn: urn(deployment, "two"), newState: after },
    { op: "delete", urn: urn(deployment, "three"), oldState: before },
    { op: "create", urn: urn("ping:index:GoService", "four"), newState: { type: "ping:index:GoService" } },
  ];
  assert.deepEqual(
    changes(preview(...steps)).map(({ name, properties }) => [name, properties.map((each) => [each.old, each.new])]),
    [
      ["one", [[1, 2]]],
      ["two", [[undefined, 1], [undefined, 2]]], // oxfmt-ignore
      ["three", [[1, undefined], [1, undefined]]], // oxfmt-ignore
      ["four", []],
    ],
  );
});

test("what changes nothing isn't listed, and a replacement once", () => {
  const state = { type: deployment };
  const step = (op: string, name = op) => ({ op, urn: urn(deployment, name), oldState: state, newState: state });
  const quiet = ["same", "refresh", "read", "discard"].map((op) => step(op));
  const replacement = ["create-replacement", "replace", "delete-replaced"].map((op) => step(op, "web"));
  assert.deepEqual(
    changes(preview(...quiet, ...replacement, step("delete-replaced", "pending"))).map(({ op, name }) => [op, name]),
    [
      ["replace", "web"],
      ["delete-replaced", "pending"],
    ],
  );
});

test("the images are the stack's output and what the containers would run", () => {
  const stack = {
    op: "same",
    urn: urn("pulumi:pulumi:Stack", "ping-dev"),
    oldState: { type: "pulumi:pulumi:Stack", outputs: { image: "a" } },
  };
  const run = (containers: unknown, op = "update") => ({
    op,
    urn: urn(deployment, "web"),
    newState: { type: deployment, inputs: spec(containers) },
  });
  assert.deepEqual(images(preview(stack, run([{ image: unknown }, { image: "b" }]))), {
    old: "a",
    tag: undefined,
    new: [unknown, "b"],
  });
  assert.deepEqual(images(preview(run(secret))), { old: undefined, tag: undefined, new: [secret] });
  assert.deepEqual(images(preview(stack, run([{ image: "c" }], "refresh"))), { old: "a", tag: undefined, new: [] });
  assert.deepEqual(images(preview()), { old: undefined, tag: undefined, new: [] });
});

test("the base images are those of what is built", () => {
  const inputs = (named: unknown) => ({ type: image, inputs: { context: { location: ".", named } } });
  const build = (op: string, old?: unknown, next?: unknown) => ({
    op,
    urn: urn(image, "build"),
    ...(old === undefined ? {} : { oldState: inputs(old) }),
    ...(next === undefined ? {} : { newState: inputs(next) }),
  });
  const before = { a: { location: "1" }, gone: { location: "2" } };
  const after = { a: { location: "3" }, b: { location: "4" } };
  const moved = [
    { name: "a", old: "1", new: "3" },
    { name: "b", old: undefined, new: "4" },
  ];
  assert.deepEqual(bases(preview(build("update", before, after))), moved);
  const replacement = ["create-replacement", "replace"].map((op) => build(op, before, after));
  assert.deepEqual(bases(preview(...replacement, build("delete-replaced", before))), moved);
  assert.deepEqual(bases(preview(build("create", undefined, { a: { location: "1" } }))), [
    { name: "a", old: undefined, new: "1" },
  ]);
  for (const step of [build("same", before, before), build("delete", before), build("update", secret, secret)]) {
    assert.deepEqual(bases(preview(step)), []);
  }
});

test("text that isn't a preview is none", () => {
  for (const text of ["", "error: no stack", "[]", '{"steps":[{"op":1}]}']) {
    assert.equal(parsePreview(text), undefined, text);
  }
});
