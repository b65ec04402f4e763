import { createHash } from "node:crypto";
import * as http from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import type { StartConfig } from "../../infra/image/binaries/entry-point";
import { listen } from "../support/servers";
import { archive, type Files, gzip } from "./layers";

/** One platform's image. Its layers have the last one first. */
export interface PlatformImage {
  readonly config: StartConfig & { readonly User?: string };
  readonly layers: readonly Files[];
}

const digestOf = (content: Buffer | string): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** Starts a registry that has one image of several platforms, by its digest alone. It notes what it is asked for. */
export async function imageRegistry(t: TestContext, images: Readonly<Record<string, PlatformImage>>) {
  const content = new Map<string, Buffer | string>();
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const { method, url = "", headers } = request;
    const [, what = "", digest = ""] = /^\/v2\/ping\/(manifests|blobs)\/(.*)$/.exec(url) ?? [];
    const found = content.get(digest);
    asked.push(what);
    if (method === "PUT") {
      void buffer(request).then((bytes) => {
        content.set(digest, bytes);
        response.writeHead(201).end();
      });
    } else if (headers.authorization !== undefined) {
      response.writeHead(400).end();
    } else if (found === undefined) {
      response.writeHead(404).end(JSON.stringify({ errors: [{ code: "BLOB_UNKNOWN" }] }));
    } else {
      response.writeHead(200, { "docker-content-digest": digestOf(found) }).end(found);
    }
  });
  const put = (bytes: Buffer | string) => {
    content.set(digestOf(bytes), bytes);
    return digestOf(bytes);
  };
  const platforms: Record<string, string> = {};
  for (const [platform, { config, layers }] of Object.entries(images)) {
    const blobs = [];
    for (const files of layers.toReversed()) {
      blobs.push({ mediaType: gzip, digest: put(gzipSync(await archive(files))) });
    }
    const manifest = { config: { digest: put(JSON.stringify({ config })) }, layers: blobs };
    platforms[platform] = put(JSON.stringify(manifest));
  }
  const digest = put(JSON.stringify({ manifests: Object.values(platforms).map((each) => ({ digest: each })) }));
  const host = `127.0.0.1:${await listen(t, server)}`;
  return { repository: { name: `${host}/ping`, host, path: "ping" }, digest, platforms, content, asked };
}
