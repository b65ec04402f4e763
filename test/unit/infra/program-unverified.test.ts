import assert from "node:assert/strict";
import * as http from "node:http";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { index, Mocks, pushedDigest } from "../../support/mocks";
import { listen } from "../../support/servers";
import { run } from "../program";
import { collectRejections } from "../rejections";

const replicas = { min: 2, max: 2 };

/**
 * In a file, and so a process, of its own: what waits for the verification is under way for ever, and no other test could
 * wait for everything to be registered.
 */
test("nothing of the cluster is registered where the image lacks a platform, whether it is given or built", async (t) => {
  collectRejections(t);
  const registry = await listen(
    t,
    http.createServer((_, response) => response.end()),
  );
  const sources: Record<string, unknown>[] = [
    { image: `127.0.0.1:${registry}/other@${pushedDigest}`, registry: {} },
    {},
  ];
  for (const source of sources) {
    const mocks = await Mocks.start({ manifests: index.slice(0, 1) });
    await assert.rejects(run(t, { replicas, ...source }), /has no manifest for linux\/arm64; it has linux\/amd64\./);
    // What isn't held back is registered by now.
    await setTimeout(100);
    assert.deepEqual(
      mocks.resources.map(({ type }) => type).filter((type) => type.startsWith("kubernetes:")),
      [],
    );
  }
});
