import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";
import { registryManifests } from "../../../../delivery/clean/registry-manifests";
import { listen } from "../../../support/servers";

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const descriptor = (text: string) => ({ digest: digestOf(text), size: text.length });

const amd64 = JSON.stringify({ config: { digest: "sha256:c", size: 10 }, layers: [{ digest: "sha256:l", size: 100 }] });
const index = JSON.stringify({ manifests: [descriptor(amd64), { digest: digestOf("elsewhere"), size: 1 }] });
const attached = JSON.stringify({ subject: descriptor(index) });
const fallback = JSON.stringify({ manifests: [descriptor(attached)] });

interface Behaviour {
  /** Whether it lists what is attached; otherwise that has a tag. */
  readonly listsReferrers?: boolean;
  /** How it answers a deletion, where it doesn't delete. */
  readonly refusal?: [number, object];
  /** Whether a tag outlives its manifest. */
  readonly keepsTags?: boolean;
  /** A path that it fails to answer. */
  readonly fails?: RegExp;
}

/** A registry with an image, whose tags come a page each. */
async function registry(t: TestContext, { listsReferrers = false, refusal, keepsTags = false, fails }: Behaviour = {}) {
  const tags = new Map([
    ["v1", index],
    ["v2", index],
    ...(listsReferrers ? [] : [[digestOf(index).replace(":", "-"), fallback] as const]),
  ]);
  const digests = new Map(
    [amd64, index, attached, ...(listsReferrers ? [] : [fallback])].map((text) => [digestOf(text), text]),
  );
  const deleted: string[] = [];
  const server = createServer(({ method, url = "" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://registry");
    const [, kind, reference = ""] = /^\/v2\/ping\/(manifests|referrers|tags)\/(.*)$/.exec(pathname) ?? [];
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
    const found = digests.get(reference) ?? tags.get(reference);
    if (fails?.test(url)) {
      answer(500, "");
    } else if (kind === "tags") {
      const names = [...tags.keys()].sort();
      const at = names.indexOf(searchParams.get("last") ?? "") + 1;
      const more = at + 1 < names.length;
      answer(
        200,
        { tags: names.slice(at, at + 1) },
        more ? { link: `</v2/ping/tags/list?last=${names[at]}&n=1>; rel="next"` } : {},
      );
    } else if (kind === "referrers") {
      const manifests = reference === digestOf(index) ? [descriptor(attached)] : [];
      answer(listsReferrers ? 200 : 404, listsReferrers ? { manifests } : {});
    } else if (found === undefined) {
      answer(404, { errors: [{ code: "MANIFEST_UNKNOWN" }] });
    } else if (method === "DELETE" && refusal !== undefined) {
      answer(...refusal);
    } else if (method === "DELETE") {
      deleted.push(reference);
      digests.delete(reference);
      tags.delete(reference);
      if (!keepsTags) {
        tags.forEach((text, tag) => text === found && tags.delete(tag));
      }
      answer(202, "");
    } else {
      answer(200, found);
    }
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  return { host, deleted, store: registryManifests({ name: `${host}/ping`, host, path: "ping" }, undefined) };
}

const found = (text: string, rest: object = {}) => ({
  digest: digestOf(text),
  tags: [],
  pushed: undefined,
  parts: [],
  subject: undefined,
  blobs: { [digestOf(text)]: text.length },
  ...rest,
});
const image = [
  found(index, { tags: ["v1", "v2"], parts: [digestOf(amd64), digestOf("elsewhere")] }),
  found(amd64, { blobs: { [digestOf(amd64)]: amd64.length, "sha256:c": 10, "sha256:l": 100 } }),
  found(attached, { subject: digestOf(index) }),
];
const sorted = <T extends { readonly digest: string }>(manifests: readonly T[]) =>
  manifests.toSorted((one, other) => (one.digest < other.digest ? -1 : 1));

test("what has a tag is found, page by page, with what it lists and what is attached to it", async (t) => {
  const { store } = await registry(t, { listsReferrers: true });
  assert.deepEqual(sorted(await store.list()), sorted(image));
});

test("where a registry lists no referrers, a tag names them", async (t) => {
  const { store } = await registry(t);
  const list = found(fallback, { tags: [digestOf(index).replace(":", "-")], parts: [digestOf(attached)] });
  assert.deepEqual(sorted(await store.list()), sorted([...image, list]));
});

test("a manifest goes by its digest, and its tags where they outlive it; one that is gone is no error", async (t) => {
  for (const [keepsTags, expected] of [
    [false, [digestOf(index)]],
    [true, [digestOf(index), "v1", "v2"]],
  ] as const) {
    const { store, deleted } = await registry(t, { keepsTags });
    const some = (await store.list()).filter(({ digest }) => digest === digestOf(index));
    await store.remove(some);
    await store.remove(some);
    assert.deepEqual(deleted, expected);
  }
});

test("a registry that deletes nothing is named as such, with what to do", async (t) => {
  for (const refusal of [
    [405, {}],
    [400, { errors: [{ code: "UNSUPPORTED" }] }],
  ] satisfies Behaviour["refusal"][]) {
    const { store, host } = await registry(t, { refusal });
    await assert.rejects(
      store.remove(await store.list()),
      ({ message }: Error) =>
        message.startsWith(
          `the registry ${host} deletes no manifests: DELETE http://${host}/v2/ping/manifests/sha256:`,
        ) && message.includes("storage.delete.enabled"),
    );
  }
  const { store } = await registry(t, { refusal: [403, { errors: [{ code: "DENIED" }] }] });
  await assert.rejects(store.remove(await store.list()), /can't be deleted: DELETE \S+ gave 403 DENIED$/);
});

test("what can't be read is a failure: nothing is known about what it lists", async (t) => {
  for (const fails of [/tags\/list/, /manifests\/v2/, /referrers/, new RegExp(`manifests/${digestOf(amd64)}`)]) {
    const { store } = await registry(t, { fails });
    await assert.rejects(store.list(), /ping can't be read, so nothing is deleted: GET \S+ gave 500$/, String(fails));
  }
});
