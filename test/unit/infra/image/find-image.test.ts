import assert from "node:assert/strict";
import * as http from "node:http";
import { test, type TestContext } from "node:test";
import { findImage } from "../../../../infra/image";
import { readContent } from "../../../../infra/image/content/content";
import { putTag } from "../../../../infra/image/manifests/put-tag";
import { projectWith } from "../../../support/files";
import { listen } from "../../../support/servers";
import { buildSource } from "../../build-source";

const platforms: ["linux/amd64", "linux/arm64"] = ["linux/amd64", "linux/arm64"];
const bases = { images: [], base: undefined };
const tag = "83d7eac57fa36783";
const digest = `sha256:${"d".repeat(64)}`;

/** What a registry answers to a question, by `METHOD reference`: a status, or the digest that the reference stands for. */
type Answers = Readonly<Record<string, number | string>>;

/** Starts a registry that notes what it is asked. */
async function registryWith(t: TestContext, answers: (asked: readonly string[]) => Answers) {
  const asked: string[] = [];
  const server = http.createServer(({ method = "", url = "" }, response) => {
    const question = `${method} ${url.replace("/v2/ping/manifests/", "")}`;
    const answer = answers(asked)[question] ?? 404;
    asked.push(question);
    const headers = typeof answer === "string" ? { "docker-content-digest": answer } : {};
    response.writeHead(typeof answer === "string" ? 200 : answer, headers).end();
  });
  const host = `127.0.0.1:${await listen(t, server)}`;
  return { repository: { name: `${host}/ping`, host, path: "ping" }, host, asked };
}

type Registry = Awaited<ReturnType<typeof registryWith>>;

const found = ({ repository, host }: Registry) =>
  ({ kind: "existing", repository, address: `http://${host}`, login: undefined, credentials: undefined }) as const;

/** What the state has of a build. */
const state = (outputs: object) => [{ type: "docker-build:index:Image", name: "web-build", outputs }];
const built = ({ repository }: Registry, more: object = {}) => ({
  labels: { "org.opencontainers.image.version": tag },
  tags: [repository.name],
  ...more,
});

const find = (registry: Registry, own: ReturnType<typeof state> = []) =>
  findImage("web", buildSource, bases, platforms, found(registry), own);

function project(t: TestContext) {
  projectWith(t, { "app/Dockerfile": "FROM scratch\n", "app/main.go": "package main\n" });
  return { kind: "build", source: buildSource, content: readContent(buildSource, bases, platforms) } as const;
}

const there = () => ({ [`HEAD ${tag}`]: digest, [`HEAD ${digest}`]: digest });

test("a stack deploys what the registry has of its content", async (t) => {
  project(t);
  const registry = await registryWith(t, there);
  assert.deepEqual(await find(registry), { kind: "there", tag, digest, source: buildSource });
  const another = { ...built(registry), labels: { "org.opencontainers.image.version": "other" } };
  assert.deepEqual(await find(registry, state(another)), { kind: "there", tag, digest, source: buildSource });
  const elsewhere = { ...built(registry), tags: ["localhost:5001/ping"] };
  assert.deepEqual(await find(registry, state(elsewhere)), { kind: "there", tag, digest, source: buildSource });
});

test("a stack that built the content keeps its build, also one that pushed the tag itself", async (t) => {
  const build = project(t);
  const registry = await registryWith(t, there);
  assert.deepEqual(await find(registry, state(built(registry))), { ...build, digest, repeated: 0 });
  const again = built(registry, { buildArgs: { CONTENT_BUILT_AGAIN: "2" } });
  assert.deepEqual(await find(registry, state(again)), { ...build, digest, repeated: 2 });
  const earlier = built(registry, { tags: [`${registry.repository.name}:${tag}`] });
  assert.deepEqual(await find(registry, state(earlier)), { ...build, digest, repeated: 0 });
});

for (const [what, answers] of [
  ["has no such tag", {}],
  ["has no such repository yet and asks for a login", { [`HEAD ${tag}`]: 401 }],
  ["has no such repository yet and denies it", { [`HEAD ${tag}`]: 403 }],
  ["kept the tag of a manifest that was deleted", { [`HEAD ${tag}`]: digest }],
] as const) {
  test(`a content is built where the registry ${what}, and again if this stack built it before`, async (t) => {
    const build = project(t);
    const registry = await registryWith(t, () => answers);
    assert.deepEqual(await find(registry), { ...build, digest: undefined, repeated: 0 });
    assert.deepEqual(await find(registry, state(built(registry))), { ...build, digest: undefined, repeated: 1 });
    const again = built(registry, { buildArgs: { CONTENT_BUILT_AGAIN: "2" } });
    assert.deepEqual(await find(registry, state(again)), { ...build, digest: undefined, repeated: 3 });
  });
}

test("a registry that doesn't say whether it has the content stops the program before a build", async (t) => {
  project(t);
  const registry = await registryWith(t, () => ({ [`HEAD ${tag}`]: 500 }));
  await assert.rejects(find(registry), {
    message:
      `whether the registry has the image ${registry.repository.name}:${tag} already can't be found out: ` +
      `HEAD http://${registry.host}/v2/ping/manifests/${tag} gave 500. Start that registry, or choose another one.`,
  });
});

test("an image that is given is deployed by its digest, and no registry is asked for a tag", async (t) => {
  const registry = await registryWith(t, there);
  const source = { kind: "pinned", repository: registry.repository, digest } as const;
  const image = await findImage("web", source, bases, platforms, found(registry), []);
  assert.deepEqual(image, { kind: "there", tag: undefined, digest, source });
  assert.deepEqual(registry.asked, []);
});

const own = `sha256:${"e".repeat(64)}`;
const put = `PUT ${tag}`;

test("a build whose tag is refused takes the image of the one that was quicker", async (t) => {
  const registry = await registryWith(t, (asked) => ({
    [`GET ${own}`]: own,
    [put]: 400,
    ...(asked.includes(put) && there()),
  }));
  assert.equal(await putTag(registry.repository, tag, own, undefined), digest);
  const looks = [`HEAD ${tag}`, `HEAD ${digest}`];
  assert.deepEqual(registry.asked, [`HEAD ${tag}`, `GET ${own}`, put, ...looks]);
});

test("a tag that is refused, and that the registry hasn't, is an error with the refusal", async (t) => {
  const registry = await registryWith(t, () => ({ [`GET ${own}`]: own, [put]: 403 }));
  await assert.rejects(putTag(registry.repository, tag, own, undefined), {
    message:
      `the image ${registry.repository.name}@${own} was pushed, and can't get the tag ${tag}: ` +
      `PUT http://${registry.host}/v2/ping/manifests/${tag} gave 403. Run docker login ${registry.host} with a login that may push to this repository, then pulumi up.`,
  });
  const broken = await registryWith(t, () => ({ [`GET ${own}`]: own, [put]: 500 }));
  await assert.rejects(putTag(broken.repository, tag, own, undefined), / gave 500\. pulumi up tries it again\.$/);
});
