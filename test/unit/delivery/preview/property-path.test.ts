import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPath, parsePath, type Part } from "../../../../delivery/preview/property-path";

const paths: Readonly<Record<string, readonly Part[]>> = {
  replicas: ["replicas"],
  "spec.template.spec.containers[0].image": ["spec", "template", "spec", "containers", 0, "image"],
  'metadata.labels["app.kubernetes.io/name"]': ["metadata", "labels", "app.kubernetes.io/name"],
  'data["a \\"quoted\\" key"][12]': ["data", 'a "quoted" key', 12],
  '["first.key"].second': ["first.key", "second"],
  "max-size.$ref": ["max-size", "$ref"],
};

for (const [text, parts] of Object.entries(paths)) {
  test(`${text} is read and written as the engine does`, () => {
    assert.deepEqual(parsePath(text), parts);
    assert.equal(formatPath(parts), text);
  });
}

test("what is no path stays one key", () => {
  for (const text of ["", "a..b", "a[", "a[x]", 'a["', "a.b]", '["\\x"]']) {
    assert.deepEqual(parsePath(text), [text], text);
  }
});
