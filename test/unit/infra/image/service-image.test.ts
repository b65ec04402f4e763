import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { test, type TestContext } from "node:test";
import type { BuildSource, PinnedSource } from "../../../../infra/config";
import { readContent } from "../../../../infra/image/content/content";
import type { FoundImage } from "../../../../infra/image/find-image";
import { ServiceImage, type ServiceImageArgs } from "../../../../infra/image/service-image";
import { projectWith } from "../../../support/files";
import { index, Mocks, promiseOf, pushedDigest, unknown } from "../../../support/mocks";
import { buildSource } from "../../build-source";
import { imageRegistry, type PlatformImage } from "../../image-registry";
import { elf } from "../../layers";
import { collectRejections } from "../../rejections";

const none: ServiceImageArgs["bases"] = { images: [], base: undefined };

const registry = {
  repository: "localhost:15000/ping",
  host: "localhost:15000",
  address: "http://localhost:15000",
  credentials: undefined,
  dockerLogin: false,
};

const repository = { name: "localhost:15000/ping", host: "localhost:15000", path: "ping" };

const platforms: ServiceImageArgs["platforms"] = ["linux/amd64", "linux/arm64"];

interface Given extends Partial<Omit<ServiceImageArgs, "image">> {
  readonly source?: BuildSource | PinnedSource;
  /** What the content's tag stands for in the registry. */
  readonly digest?: string;
  readonly repeated?: number;
}

/** The image of a source, as the registry is said to have it. */
function imageOf({ source = buildSource, bases = none, digest, repeated = 0 }: Given): FoundImage {
  return source.kind === "pinned"
    ? { kind: "there", tag: undefined, digest: source.digest, source }
    : { kind: "build", source, content: readContent(source, bases, platforms), digest, repeated };
}

/** The tag of the content that is built. */
function versionOf(mocks: Mocks): string {
  return String(
    Object.entries(mocks.inputs("docker-build:index:Image")["labels"] ?? {}).find(
      ([label]) => label === "org.opencontainers.image.version",
    )?.[1],
  );
}

/** Deploys an image of a small service. */
function deploy(t: TestContext, given: Given = {}, opts: pulumi.ComponentResourceOptions = {}) {
  projectWith(t, { "app/Dockerfile": "FROM scratch\n", "app/main.go": "package main\n" });
  const { source: _source, digest: _digest, repeated: _repeated, ...args } = given;
  return new ServiceImage(
    "web",
    { image: imageOf(given), bases: none, registry, platforms, args: [], own: [], ...args },
    opts,
  );
}

const baseDigest = `sha256:${"f".repeat(64)}`;

const tag = "83d7eac57fa36783";

const build = {
  context: { location: "../node_modules/.cache/ping/dev/web/context" },
  dockerfile: { location: "../app/Dockerfile" },
  platforms: ["linux/amd64", "linux/arm64"],
  buildArgs: { ORG_OPENCONTAINERS_IMAGE_VERSION: tag, SOURCE_DATE_EPOCH: "0", BUILDKIT_MULTI_PLATFORM: "1" },
  labels: { "org.opencontainers.image.version": tag },
  tags: ["localhost:15000/ping"],
  push: false,
  exports: [{ registry: { pushByDigest: true } }],
  // The SDK's own defaults.
  buildOnPreview: true,
  network: "default",
};

/** The stashes remember the binaries that were verified, and the user. */
const registered = [
  "docker-build:index:Image web-build",
  "ping:index:ServiceImage web",
  "pulumi:index:Stash web-binaries",
  "pulumi:index:Stash web-user",
];

const lookup = (name: string, authConfig: object = { address: "http://localhost:15000" }) => ({
  token: "docker:index/getRegistryImageManifests:getRegistryImageManifests",
  inputs: { name, authConfig },
});

const verified = { "linux/amd64": `sha256:${"a".repeat(64)}`, "linux/arm64": `sha256:${"b".repeat(64)}` };

test("an image is built from a relative context, pushed by its content's tag, read back and handed on by digest", async (t) => {
  const mocks = await Mocks.start();
  const image = deploy(t);
  assert.equal(await promiseOf(image.reference), `localhost:15000/ping@${pushedDigest}`);
  assert.deepEqual(await promiseOf(image.platforms), verified);
  assert.deepEqual(await mocks.registered(), registered);
  assert.deepEqual(mocks.inputs("docker-build:index:Image"), build);
  assert.deepEqual(mocks.calls, [lookup(`localhost:15000/ping:${tag}@${pushedDigest}`)]);
});

test("a repository outside of ECR is an input of the component, which the policy pack reads", async (t) => {
  const mocks = await Mocks.start();
  await promiseOf(deploy(t, { repository: "localhost:15000/ping" }).reference);
  assert.deepEqual(mocks.inputs("ping:index:ServiceImage"), { registry: "localhost:15000/ping" });
});

test("a preview registers the same build, and neither looks up nor makes up what it can't know", async (t) => {
  const mocks = await Mocks.start({ preview: true });
  const image = deploy(t);
  assert.equal(await promiseOf(image.reference), unknown);
  assert.equal(await promiseOf(image.platforms), unknown);
  assert.deepEqual(await mocks.registered(), registered);
  assert.deepEqual(mocks.inputs("docker-build:index:Image"), build);
  assert.deepEqual(mocks.calls, []);
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} builds from exactly the bases that were found, and says so in labels`, async (t) => {
    const mocks = await Mocks.start({ preview });
    const base = { name: "docker.io/library/golang:1.26", digest: baseDigest };
    const golang = { name: "golang:1.26", repository: "mirror.example.com/golang", digest: baseDigest };
    deploy(t, {
      bases: { images: [golang], base },
      source: { ...buildSource, origin: "https://github.com/acme/ping" },
    });
    await mocks.registered();
    const other = "9bffada7629f3605";
    assert.deepEqual(mocks.inputs("docker-build:index:Image"), {
      ...build,
      context: {
        ...build.context,
        named: { "golang:1.26": { location: `docker-image://mirror.example.com/golang@${baseDigest}` } },
      },
      buildArgs: { ...build.buildArgs, ORG_OPENCONTAINERS_IMAGE_VERSION: other },
      labels: {
        "org.opencontainers.image.source": "https://github.com/acme/ping",
        "org.opencontainers.image.base.name": "docker.io/library/golang:1.26",
        "org.opencontainers.image.base.digest": baseDigest,
        "org.opencontainers.image.version": other,
      },
    });
  });
}

test("a Dockerfile that starts from a digest where a stage has its image's name is built in place of the file", async (t) => {
  const mocks = await Mocks.start();
  const dockerfile = `FROM golang@${baseDigest} AS golang\n`;
  deploy(t, { bases: { ...none, dockerfile } });
  await mocks.registered();
  const staged = "node_modules/.cache/ping/dev/web/Dockerfile";
  assert.deepEqual(mocks.inputs("docker-build:index:Image"), { ...build, dockerfile: { location: `../${staged}` } });
  assert.equal(fs.readFileSync(staged, "utf8"), dockerfile);
});

test("what was found out about a base is a warning of the image", async (t) => {
  const warn = t.mock.method(pulumi.log, "warn", () => Promise.resolve());
  const mocks = await Mocks.start();
  const image = deploy(t, { bases: { ...none, warnings: ["the base image x is for linux/amd64 alone"] } });
  await mocks.registered();
  assert.deepEqual(
    warn.mock.calls.map(({ arguments: given }) => given),
    [["the base image x is for linux/amd64 alone", image]],
  );
});

test("a named context that is a directory is built from a copy, and its content is part of the tag", async (t) => {
  const deployed = async (content: string) => {
    const mocks = await Mocks.start();
    projectWith(t, { "app/Dockerfile": "FROM scratch\n", "app/main.go": "package main\n", "shared/a.txt": content });
    const contexts = { "team/shared": { kind: "directory", directory: "./shared" } } as const;
    const source = { ...buildSource, build: { ...buildSource.build, contexts } };
    new ServiceImage("web", { image: imageOf({ source }), bases: none, registry, platforms, args: [], own: [] }, {});
    await mocks.registered();
    const copy = "node_modules/.cache/ping/dev/web-contexts/team%2Fshared/context";
    assert.equal(fs.readFileSync(`${copy}/a.txt`, "utf8"), content);
    return mocks.inputs("docker-build:index:Image");
  };
  const first = await deployed("one");
  assert.deepEqual(first["context"], {
    ...build.context,
    named: { "team/shared": { location: "../node_modules/.cache/ping/dev/web-contexts/team%2Fshared/context" } },
  });
  assert.notDeepEqual((await deployed("two"))["labels"], first["labels"]);
  assert.notDeepEqual(first["labels"], build.labels);
});

test("the version has an argument of its own, and VERSION is the Dockerfile's", async (t) => {
  const buildArgs = async (args: Readonly<Record<string, string>>) => {
    const mocks = await Mocks.start();
    deploy(t, { source: { ...buildSource, build: { ...buildSource.build, args } } });
    await mocks.registered();
    return mocks.inputs("docker-build:index:Image")["buildArgs"];
  };
  const own = { SOURCE_DATE_EPOCH: "0", BUILDKIT_MULTI_PLATFORM: "1" };
  const version = "c5bb6ae5a55953e7";
  assert.deepEqual(await buildArgs({ VERSION: "1.26" }), {
    ORG_OPENCONTAINERS_IMAGE_VERSION: version,
    VERSION: "1.26",
    ...own,
  });
  const given = { ORG_OPENCONTAINERS_IMAGE_VERSION: "v1.2.3" };
  assert.deepEqual(await buildArgs(given), { ...given, ...own });
});

test("a base's digest, a label and rebuild each give the same source another tag; where a base comes from doesn't", async (t) => {
  const golang = { name: "golang:1.26", repository: "docker.io/library/golang", digest: baseDigest };
  const base = { name: "docker.io/library/golang:1.26", digest: baseDigest };
  const tagOf = async (args: Given) => {
    const mocks = await Mocks.start();
    deploy(t, args);
    await mocks.registered();
    return versionOf(mocks);
  };
  const tags = [
    await tagOf({}),
    await tagOf({ bases: { images: [golang], base: undefined } }),
    await tagOf({ bases: { images: [{ ...golang, digest: pushedDigest }], base: undefined } }),
    await tagOf({ bases: { images: [], base } }),
    await tagOf({ bases: { images: [], base: { ...base, digest: pushedDigest } } }),
    await tagOf({ source: { ...buildSource, origin: "https://github.com/acme/ping" } }),
    await tagOf({ source: { ...buildSource, rebuild: "1" } }),
    await tagOf({ source: { ...buildSource, rebuild: "2" } }),
  ];
  assert.equal(new Set(tags).size, tags.length);
  const mirrored = { ...golang, repository: "mirror.example.com/golang" };
  assert.equal(await tagOf({ bases: { images: [mirrored], base: undefined } }), tags[1]);
  assert.equal(await tagOf({}), tags[0]);
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} gives the build its arguments, secrets, SSH agent and target`, async (t) => {
    const mocks = await Mocks.start({ preview });
    const netrc = "machine example.com password hush";
    const args = { GOPRIVATE: "example.com" };
    const given = { args, secrets: { netrc: pulumi.secret(netrc) }, ssh: ["default"], contexts: {}, target: "service" };
    deploy(t, { source: { ...buildSource, build: given } });
    await mocks.registered();
    const other = "02f8da2c46d1818b";
    const encrypted = await pulumi.runtime.serializeProperties("test", { secrets: pulumi.secret({ netrc }) });
    assert.deepEqual(mocks.inputs("docker-build:index:Image"), {
      ...build,
      ...encrypted,
      buildArgs: { ...args, ...build.buildArgs, ORG_OPENCONTAINERS_IMAGE_VERSION: other },
      labels: { "org.opencontainers.image.version": other },
      // Without it, another password would push the same tag again.
      ignoreSecretsInDiffCalculation: ["netrc"],
      ssh: [{ id: "default" }],
      target: "service",
    });
  });
}

test("the tag depends on arguments, target, SSH and the name of a secret, never on the secret", async (t) => {
  const tagOf = async (given: Partial<typeof buildSource.build>) => {
    const mocks = await Mocks.start();
    deploy(t, { source: { ...buildSource, build: { ...buildSource.build, ...given } } });
    await mocks.registered();
    return versionOf(mocks);
  };
  const secret = (text: string) => ({ netrc: pulumi.secret(text) });
  const tags = [
    await tagOf({}),
    await tagOf({ args: { A: "1" } }),
    await tagOf({ args: { A: "2" } }),
    await tagOf({ target: "service" }),
    await tagOf({ ssh: ["default"] }),
    await tagOf({ secrets: secret("old") }),
  ];
  assert.equal(new Set(tags).size, tags.length);
  assert.equal(await tagOf({ secrets: secret("new") }), tags.at(-1));
});

test("the build outlives its resource: a digest that runs isn't deleted", async (t) => {
  const mocks = await Mocks.start();
  const options = new Map<string, pulumi.CustomResourceOptions>();
  const image = deploy(
    t,
    {},
    {
      transformations: [
        ({ name, opts }) => {
          options.set(name, opts);
          return undefined;
        },
      ],
    },
  );
  await mocks.registered();
  const { retainOnDelete, parent } = options.get("web-build") ?? {};
  assert.deepEqual({ retainOnDelete, parent: parent === image }, { retainOnDelete: true, parent: true });
});

test("a builder is passed on by name", async (t) => {
  const mocks = await Mocks.start();
  deploy(t, { source: { ...buildSource, builder: "mine" } });
  await mocks.registered();
  assert.deepEqual(mocks.inputs("docker-build:index:Image"), { ...build, builder: { name: "mine" } });
});

const credentials = { username: "me", password: pulumi.secret("hush") };
const read = lookup(`localhost:15000/ping:${tag}@${pushedDigest}`, {
  address: "http://localhost:15000",
  username: "me",
  password: "hush",
});

/** What a push with the credentials needs, which is a secret. */
const needed = async () => {
  const secret = pulumi.secret([{ address: "localhost:15000", username: "me", password: "hush" }]);
  return (await pulumi.runtime.serializeProperties("test", { secret }))["secret"] as unknown;
};

test("credentials go to build and look-up, and make no secret of what was read with them", async (t) => {
  const mocks = await Mocks.start();
  const image = deploy(t, { registry: { ...registry, credentials } });
  assert.equal(await promiseOf(image.reference), `localhost:15000/ping@${pushedDigest}`);
  assert.deepEqual(await promiseOf(image.platforms), verified);
  await mocks.registered();
  const { registries } = mocks.inputs("docker-build:index:Image");
  assert.deepEqual(registries, await needed());
  assert.deepEqual(mocks.calls, [read]);
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} leaves Docker's own login out of the build's inputs, and reads with it`, async (t) => {
    const mocks = await Mocks.start({ preview });
    deploy(t, { registry: { ...registry, credentials, dockerLogin: true } });
    await mocks.registered();
    assert.deepEqual(mocks.inputs("docker-build:index:Image"), { ...build, registries: [] });
    assert.deepEqual(mocks.calls, preview ? [] : [read]);
  });
}

test("an identity token goes to build and look-up as the password of a user", async (t) => {
  const mocks = await Mocks.start();
  deploy(t, { registry: { ...registry, credentials: { ...credentials, identityToken: true } } });
  await mocks.registered();
  assert.deepEqual(mocks.inputs("docker-build:index:Image")["registries"], await needed());
  assert.deepEqual(mocks.calls, [read]);
});

/** Pushes an image of two platforms, and returns what the registry's look-up says of it. */
async function pushed(t: TestContext, amd64: PlatformImage, arm64: PlatformImage) {
  const images = { "linux/amd64": amd64, "linux/arm64": arm64 };
  const { repository: place, digest, platforms: digests, content, asked } = await imageRegistry(t, images);
  const manifests = Object.entries(digests).map(([platform, sha256Digest]) => {
    const [os = "", architecture = ""] = platform.split("/");
    return { os, architecture, sha256Digest };
  });
  const outputs = { "docker-build:index:Image": () => ({ digest }) };
  return {
    registry: { ...registry, repository: place.name, host: place.host },
    digest,
    outputs,
    digests,
    manifests,
    content,
    asked,
  };
}

/** A registry with an image whose shell is for each platform and whose `/ping` is for linux/amd64 alone. */
function halfRight(t: TestContext) {
  const image = (platform: "linux/amd64" | "linux/arm64") => ({
    config: { Cmd: ["/bin/sh", "-c", "ping"] },
    layers: [{ "bin/sh": elf(platform), ping: elf("linux/amd64") }],
  });
  return pushed(t, image("linux/amd64"), image("linux/arm64"));
}

for (const [kind, source, remembers, advice] of [
  ["built", buildSource, { tag }, /app\/Dockerfile needs ARG TARGETOS TARGETARCH, without default values/],
  [
    "given",
    { kind: "pinned", repository, digest: pushedDigest },
    {},
    /Choose another image, or take such platforms out/,
  ],
] as const) {
  test(`an image that is ${kind} isn't handed on before its binaries are verified, which the stash remembers`, async (t) => {
    const { registry: place, digests, manifests } = await halfRight(t);
    const mocks = await Mocks.start({ manifests });
    const { verified } = deploy(t, { source, registry: place, args: [] });
    await mocks.registered();
    await promiseOf(verified.apply(() => "verified"));
    assert.deepEqual(mocks.inputs("pulumi:index:Stash", "web-binaries"), {
      input: { digests, args: [], ...remembers },
    });
    await mocks.hooks.get("web-binaries")?.();

    const other = await Mocks.start({ manifests });
    deploy(t, { source, registry: place, args: ["/ping"] });
    await other.registered();
    const remembered = { digests, args: ["/ping"], ...remembers };
    assert.deepEqual(other.inputs("pulumi:index:Stash", "web-binaries"), { input: remembered });
    const refused = other.hooks.get("web-binaries")?.() ?? Promise.resolve();
    await assert.rejects(refused, /linux\/arm64 starts \/ping, which is a binary for linux\/amd64\./);
    await assert.rejects(other.hooks.get("web-binaries")?.() ?? Promise.resolve(), advice);
  });
}

for (const [what, stash] of [
  ["wasn't made yet", { output: undefined }],
  ["remembers another image", { input: { digests: verified, args: ["/ping"] } }],
  ["remembers other arguments", { input: { args: [] } }],
] as const) {
  test(`an image is verified too where --target leaves out the stash, which ${what}`, async (t) => {
    collectRejections(t);
    const { registry: place, digests, manifests } = await halfRight(t);
    const state = "input" in stash ? { input: { digests, ...stash.input } } : stash;
    const start = (preview: boolean) =>
      Mocks.start({ preview, manifests, outputs: { "pulumi:index:Stash": () => state } });
    const mocks = await start(false);
    const args = { source: { kind: "pinned", repository, digest: pushedDigest }, registry: place } as const;
    await assert.rejects(
      promiseOf(deploy(t, { ...args, args: ["/ping"] }).reference),
      /linux\/arm64 starts \/ping, which is a binary for linux\/amd64\./,
    );
    assert.ok(mocks.hooks.has("web-binaries"));
    await start(true);
    assert.deepEqual(await promiseOf(deploy(t, { ...args, args: ["/ping"] }).platforms), digests);
  });
}

const withUser = (platform: "linux/amd64" | "linux/arm64", User: string) => ({
  config: { Entrypoint: ["/ping"], User },
  layers: [{ ping: elf(platform) }],
});

/** A state that remembers a user. */
const remembering = (user: object) => [
  { type: "pulumi:index:Stash", name: "web-user", outputs: { input: user, output: user } },
];

const twoUsers = (amd64: string, arm64: string) =>
  [withUser("linux/amd64", amd64), withUser("linux/arm64", arm64)] as const;

test("an update of another image reads its user, and the stash remembers it in place of the former one", async (t) => {
  const { manifests, outputs, registry: place } = await pushed(t, ...twoUsers("10001", "10001:10001"));
  const mocks = await Mocks.start({ manifests, outputs, callsHooks: true });
  const image = deploy(t, { registry: place, own: remembering({ uid: 10002, gid: 10002 }) });
  const user = { uid: 10001, gid: 10001 };
  assert.deepEqual(await promiseOf(image.user), user);
  await mocks.registered();
  assert.deepEqual(mocks.inputs("pulumi:index:Stash", "web-user"), { input: user });
});

test("a preview, and an update of the same image, have the remembered user and ask no registry for it", async (t) => {
  const user = { uid: 10002, gid: 20002 };
  for (const preview of [false, true]) {
    const { manifests, asked, registry: place } = await pushed(t, ...twoUsers("10001", "10001"));
    const mocks = await Mocks.start({ manifests, preview });
    const image = deploy(t, { registry: place, own: remembering(user) });
    assert.deepEqual(await promiseOf(image.user), user);
    await mocks.registered();
    assert.deepEqual(mocks.inputs("pulumi:index:Stash", "web-user"), { input: user });
    assert.deepEqual(asked, []);
  }
});

test("a preview of a stack that remembers no user doesn't know it", async (t) => {
  const mocks = await Mocks.start({ preview: true });
  const image = deploy(t, { source: { kind: "pinned", repository, digest: pushedDigest } });
  assert.equal(await promiseOf(image.user), unknown);
  await mocks.registered();
  assert.deepEqual(mocks.inputs("pulumi:index:Stash", "web-user"), { input: unknown });
});

test("platforms with different users stop an update before the image is handed on", async (t) => {
  const { manifests, registry: place } = await pushed(t, ...twoUsers("10001", ""));
  const mocks = await Mocks.start({ manifests });
  deploy(t, { registry: place });
  await mocks.registered();
  const refused = mocks.hooks.get("web-binaries")?.() ?? Promise.resolve();
  await assert.rejects(
    refused,
    /the platforms have different users: linux\/amd64 has USER 10001, linux\/arm64 has no USER\. /,
  );
});

test("an update gives the image that it pushed by digest its content's tag", async (t) => {
  const { manifests, outputs, digest, content, registry: place } = await pushed(t, ...twoUsers("1", "1"));
  await Mocks.start({ manifests, outputs, callsHooks: true });
  assert.equal(await promiseOf(deploy(t, { registry: place }).reference), `${place.repository}@${digest}`);
  assert.equal(content.get(tag)?.toString(), content.get(digest)?.toString());
});

test("where another build of the same content was quicker, its image is deployed, and the tag stays", async (t) => {
  const { manifests, outputs, content, digests, registry: place } = await pushed(t, ...twoUsers("1", "1"));
  const quicker = JSON.stringify({ manifests: [{ digest: digests["linux/amd64"] }] });
  const other = `sha256:${createHash("sha256").update(quicker).digest("hex")}`;
  content.set(other, quicker).set(tag, quicker);
  await Mocks.start({ manifests, outputs, callsHooks: true });
  assert.equal(await promiseOf(deploy(t, { registry: place }).reference), `${place.repository}@${other}`);
  assert.equal(content.get(tag), quicker);
});

test("what --target leaves out gets no tag: its digest is that of an earlier content", async (t) => {
  const { manifests, outputs, digest, content, registry: place } = await pushed(t, ...twoUsers("1", "1"));
  await Mocks.start({ manifests, outputs });
  assert.equal(await promiseOf(deploy(t, { registry: place }).reference), `${place.repository}@${digest}`);
  assert.equal(content.get(tag), undefined);
});

for (const preview of [false, true]) {
  test(`${preview ? "a preview" : "an update"} of a stack that built what the tag stands for keeps its build as it is`, async (t) => {
    const mocks = await Mocks.start({ preview });
    const options = new Map<string, pulumi.CustomResourceOptions>();
    const note: pulumi.ResourceTransformation = ({ name, opts }) => {
      options.set(name, opts);
      return undefined;
    };
    const digest = `sha256:${"e".repeat(64)}`;
    const image = deploy(t, { digest }, { transformations: [note] });
    assert.equal(await promiseOf(image.reference), `localhost:15000/ping@${digest}`);
    assert.deepEqual(await mocks.registered(), registered);
    assert.deepEqual(mocks.inputs("docker-build:index:Image"), build);
    assert.deepEqual(options.get("web-build")?.ignoreChanges, ["builder", "registries", "exports", "tags"]);
    assert.deepEqual(mocks.calls, [lookup(`localhost:15000/ping:${tag}@${digest}`)]);
  });

  test(`${preview ? "a preview" : "an update"} of a stack that finds its content built has no build`, async (t) => {
    const mocks = await Mocks.start({ preview });
    const image = { kind: "there", tag, digest: pushedDigest, source: buildSource } as const;
    projectWith(t, {});
    const { reference } = new ServiceImage("web", { image, bases: none, registry, platforms, args: [], own: [] }, {});
    assert.equal(await promiseOf(reference), `localhost:15000/ping@${pushedDigest}`);
    assert.deepEqual(await mocks.registered(), registered.slice(1));
    assert.deepEqual(mocks.inputs("pulumi:index:Stash", "web-binaries"), {
      input: { digests: verified, args: [], tag },
    });
    assert.deepEqual(mocks.calls, [lookup(`localhost:15000/ping:${tag}@${pushedDigest}`)]);
  });
}

test("a content whose image was lost has another argument each time, so that it is built again", async (t) => {
  const mocks = await Mocks.start();
  deploy(t, { repeated: 2 });
  await mocks.registered();
  assert.deepEqual(mocks.inputs("docker-build:index:Image"), {
    ...build,
    buildArgs: { ...build.buildArgs, CONTENT_BUILT_AGAIN: "2" },
  });
});

test("an image that is given is verified and deployed as it is, and nothing is built", async (t) => {
  const mocks = await Mocks.start();
  const digest = `sha256:${"e".repeat(64)}`;
  const image = deploy(t, { source: { kind: "pinned", repository, digest } });
  assert.equal(await promiseOf(image.reference), `localhost:15000/ping@${digest}`);
  assert.deepEqual(await promiseOf(image.platforms), verified);
  assert.deepEqual(await mocks.registered(), registered.slice(1));
  assert.deepEqual(mocks.calls, [lookup(`localhost:15000/ping:pinned@${digest}`)]);
});

test("a preview verifies an image that is given", async (t) => {
  const mocks = await Mocks.start({ preview: true });
  const digest = `sha256:${"e".repeat(64)}`;
  const image = deploy(t, {
    source: { kind: "pinned", repository, digest },
  });
  assert.equal(await promiseOf(image.reference), `localhost:15000/ping@${digest}`);
  assert.deepEqual(mocks.calls, [lookup(`localhost:15000/ping:pinned@${digest}`)]);
});

test("the reference never comes, so that nothing is deployed, where a platform is missing", async (t) => {
  const mocks = await Mocks.start({ manifests: index.slice(0, 1) });
  const errors = collectRejections(t);
  const image = deploy(t);
  const message = /has no manifest for linux\/arm64; it has linux\/amd64\./;
  await assert.rejects(promiseOf(image.reference), message);
  assert.deepEqual(await mocks.registered(), ["docker-build:index:Image web-build", "ping:index:ServiceImage web"]);
  for (const error of errors) {
    assert.match(String(error), message);
  }
});

test("an image that --target leaves out, and that no earlier update made, is an error with what to add", async (t) => {
  collectRejections(t);
  const mocks = await Mocks.start({ outputs: { "docker-build:index:Image": () => ({}) } });
  await assert.rejects(promiseOf(deploy(t).reference), {
    message:
      "the image was left out of this update, and none is known from an earlier one: add --target '**ServiceImage**'.",
  });
  assert.deepEqual(mocks.calls, []);
});

test("an image that can't be read back is an error with the registry's reason, and what brings it back", async (t) => {
  collectRejections(t);
  const lookUp = "docker:index/getRegistryImageManifests:getRegistryImageManifests";
  await Mocks.start({ functions: { [lookUp]: new Error("404 MANIFEST_UNKNOWN") } });
  await assert.rejects(promiseOf(deploy(t).reference), {
    message:
      `the image localhost:15000/ping:${tag}@${pushedDigest} can't be read back from its registry: 404 MANIFEST_UNKNOWN\n` +
      `If it is incomplete, delete the tag ${tag} from the registry: pulumi up then builds it again.`,
  });
  const given = { kind: "pinned", repository, digest: pushedDigest } as const;
  await assert.rejects(promiseOf(deploy(t, { source: given }).reference), {
    message:
      `the image localhost:15000/ping:pinned@${pushedDigest} can't be read back from its registry: 404 MANIFEST_UNKNOWN\n` +
      "If it isn't there any more, push it again, or choose another one with pulumi config set image REPOSITORY@DIGEST.",
  });
});

test("a registry that asks for a login is an error with the keys to set", async (t) => {
  collectRejections(t);
  const lookUp = "docker:index/getRegistryImageManifests:getRegistryImageManifests";
  await Mocks.start({ functions: { [lookUp]: new Error("got bad response from registry: 401 Unauthorized") } });
  const given = { kind: "pinned", repository, digest: pushedDigest } as const;
  await assert.rejects(promiseOf(deploy(t, { source: given }).reference), {
    message:
      `the image localhost:15000/ping:pinned@${pushedDigest} can't be read back from its registry: got bad response from registry: 401 Unauthorized\n` +
      "The registry wants a login that may read it: docker login, or registry.username and registry.password.",
  });
});

test("if a registry refuses to be read, the login and what else it wants are told", async (t) => {
  collectRejections(t);
  const lookUp = "docker:index/getRegistryImageManifests:getRegistryImageManifests";
  await Mocks.start({ functions: { [lookUp]: new Error("got bad response from registry: 403 Forbidden") } });
  const source = { kind: "pinned", repository, digest: pushedDigest } as const;
  await assert.rejects(
    promiseOf(deploy(t, { source, registry: { ...registry, refusalAdvice: "Ask them." } }).reference),
    {
      message:
        `the image localhost:15000/ping:pinned@${pushedDigest} can't be read back from its registry: got bad response from registry: 403 Forbidden\n` +
        "The registry wants a login that may read it: docker login, or registry.username and registry.password.\n" +
        "If it isn't there any more, push it again, or choose another one with pulumi config set image REPOSITORY@DIGEST.\n" +
        "Ask them.",
    },
  );
});

test("a given image that is a single manifest is an error that says how to make an index of it", async (t) => {
  collectRejections(t);
  const lookUp = "docker:index/getRegistryImageManifests:getRegistryImageManifests";
  await Mocks.start({ functions: { [lookUp]: new Error("unsupported manifest response") } });
  const given = { kind: "pinned", repository, digest: pushedDigest } as const;
  await assert.rejects(promiseOf(deploy(t, { source: given }).reference), {
    message:
      `the image localhost:15000/ping:pinned@${pushedDigest} is a manifest for one platform, and an index is needed, also for a single platform. ` +
      "docker buildx imagetools create --tag REPOSITORY:TAG REPOSITORY@DIGEST pushes an index of it: choose that one.",
  });
});

test("a context with the repository's .git in it is built, with one warning", async (t) => {
  const mocks = await Mocks.start();
  const warn = t.mock.method(pulumi.log, "warn", () => Promise.resolve());
  projectWith(t, { "app/Dockerfile": "FROM scratch\n", "app/.git/HEAD": "", "app/.git/config": "" });
  new ServiceImage("web", { image: imageOf({}), bases: none, registry, platforms, args: [], own: [] }, {});
  assert.deepEqual(await mocks.registered(), registered);
  assert.deepEqual(
    warn.mock.calls.map((call) => call.arguments[0]),
    [
      "app/.git is sent to the builder and differs in each clone, so the same commit gets another image tag in each. " +
        "Add .git to app/.dockerignore.",
    ],
  );
});
