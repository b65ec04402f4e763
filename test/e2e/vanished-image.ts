import assert from "node:assert/strict";
import { createHash } from "node:crypto";

interface Index {
  readonly mediaType: string;
  readonly manifests: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[];
}

const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/**
 * Pushes an index like that of `image` and deletes what it points to: every platform is still in it, so that it passes
 * the program's verification, but no node can pull it. Returns its `repository@digest`.
 */
export async function vanishedImage(image: string): Promise<string> {
  const [, host = "", path = "", digest = ""] = /^([^/]+)\/(.+)@(.+)$/.exec(image) ?? [];
  const send = async (reference: string, init: RequestInit = {}) => {
    const response = await fetch(`http://${host}/v2/${path}/manifests/${reference}`, init);
    const text = await response.text();
    assert.ok(response.ok, `${init.method ?? "GET"} ${reference}: ${String(response.status)} ${text}`);
    return text;
  };
  const get = (reference: string, mediaType: string) => send(reference, { headers: { accept: mediaType } });
  const put = async (manifest: object, mediaType: string) => {
    const body = JSON.stringify(manifest);
    await send(sha256(body), { method: "PUT", body, headers: { "content-type": mediaType } });
    return { digest: sha256(body), size: body.length };
  };
  const index = JSON.parse(await get(digest, "application/vnd.oci.image.index.v1+json")) as Index;
  const manifests = await Promise.all(
    index.manifests.map(async (entry) => {
      const manifest = JSON.parse(await get(entry.digest, entry.mediaType)) as object;
      return { ...entry, ...(await put({ ...manifest, annotations: { vanished: "true" } }, entry.mediaType)) };
    }),
  );
  const pushed = await put({ ...index, manifests }, index.mediaType);
  await Promise.all(manifests.map((each) => send(each.digest, { method: "DELETE" })));
  return `${host}/${path}@${pushed.digest}`;
}
