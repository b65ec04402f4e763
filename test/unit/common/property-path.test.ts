import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPath, parsePath, type Part } from "../../../common";

const paths: Readonly<Record<string, readonly Part[]>> = {
  replicas: ["replicas"],
  "spec.template.spec.containers[0].image": ["spec", "template", "spec", "containers", 0, "image"],
  'metadata.labels["app.kubernetes.io/name"]': ["metadata", "labels", "app.kubernetes.io/name"],
  'data["a \\"quoted\\" key"][12]': ["data", 'a "quoted" key', 12],
  '["first.key"].second': ["first.key", "second"],
  "max-size.$ref": ["max-size", "$ref"],
  "env.1A[0]": ["env", "1A", 0],
  'bases["golang:1.26"]': ["bases", "golang:1.26"],
  'bases["ghcr.io/me/go:1"][""]': ["bases", "ghcr.io/me/go:1", ""],
  'labels["a[0]"]["]"]["["]': ["labels", "a[0]", "]", "["],
  'labels["a b"]["it\'s"]': ["labels", "a b", "it's"],
  'data["C:\\dir"]["a\\\\b"]["\\\\""]': ["data", "C:\\dir", "a\\\\b", '\\"'],
  "[1][2]": [1, 2],
};

for (const [text, parts] of Object.entries(paths)) {
  test(`${text} is read and written as the engine does`, () => {
    assert.deepEqual(parsePath(text), parts);
    assert.equal(formatPath(parts), text);
  });
}

test("what is no path stays one key", () => {
  for (const text of ["", "a..b", "a[", "a[x]", 'a["', "a.b]"]) {
    assert.deepEqual(parsePath(text), [text], text);
  }
});

test("a key with a line break is written in one line", () => {
  assert.equal(formatPath(["data", "a\nb"]), 'data["a\\nb"]');
});
