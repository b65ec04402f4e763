import assert from "node:assert/strict";
import * as http from "node:http";
import { test, type TestContext } from "node:test";
import { findManifest } from "../../../../../infra/image/manifests/find-manifest";
import { listen } from "../../../../support/servers";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

async function serve(t: TestContext, headers: http.OutgoingHttpHeaders) {
  const asked: unknown[] = [];
  const server = http.createServer(({ method, url }, response) => {
    asked.push([method, url]);
    response.writeHead(200, headers).end();
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  return { asked, repository: { name: `${host}/a/golang`, host, path: "a/golang" } };
}

test("the registry is asked for the manifest's digest alone", async (t) => {
  const { repository, asked } = await serve(t, { "docker-content-digest": digest });
  assert.deepEqual(await findManifest(repository, "1.26", undefined), { digest, isIndex: true });
  assert.deepEqual(asked, [["HEAD", "/v2/a/golang/manifests/1.26"]]);
});

test("an answer without a digest that a pod could run is an error", async (t) => {
  for (const headers of [{}, { "docker-content-digest": "md5:0" }]) {
    const { repository } = await serve(t, headers);
    await assert.rejects(findManifest(repository, "1.26", undefined), {
      message: `the registry gave no digest of ${repository.name}:1.26`,
    });
  }
});

test("the manifest of one platform is told from an index, and a digest stands for itself", async (t) => {
  for (const [type, isIndex] of [
    ["application/vnd.oci.image.index.v1+json", true],
    ["application/vnd.docker.distribution.manifest.list.v2+json", true],
    ["application/vnd.oci.image.manifest.v1+json", false],
    ["application/vnd.docker.distribution.manifest.v2+json; charset=utf-8", false],
  ] as const) {
    const { repository } = await serve(t, { "content-type": type });
    assert.deepEqual(await findManifest(repository, digest, undefined), { digest, isIndex }, type);
  }
});
