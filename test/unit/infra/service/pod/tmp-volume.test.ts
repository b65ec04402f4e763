import assert from "node:assert/strict";
import { test } from "node:test";
import { tmpVolume } from "../../../../../infra/service/pod/tmp-volume";

test("/tmp may take half of the limit of ephemeral storage, in the API server's own form of a quantity", () => {
  const halves: [string, string][] = [
    ["128Mi", "64Mi"],
    ["250Mi", "125Mi"],
    ["2Gi", "1Gi"],
    ["3Gi", "1536Mi"],
    ["4Ti", "2048Gi"],
    ["2Mi", "1Mi"],
    ["1Mi", "512Ki"],
    ["1G", "488281Ki"],
  ];
  for (const [limit, sizeLimit] of halves) {
    assert.deepEqual(tmpVolume(limit), { name: "tmp", emptyDir: { sizeLimit } }, limit);
  }
});

test("a limit that the program can't read bounds /tmp by itself", () => {
  assert.deepEqual(tmpVolume("1e9"), { name: "tmp", emptyDir: {} });
});
