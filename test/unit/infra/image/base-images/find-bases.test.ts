import assert from "node:assert/strict";
import * as http from "node:http";
import { test, type TestContext } from "node:test";
import type { BuildSource } from "../../../../../infra/config";
import { findBases } from "../../../../../infra/image/base-images/find-bases";
import type { FoundRegistry } from "../../../../../infra/registry";
import { useDockerConfig } from "../../../../support/docker-config";
import { projectWith } from "../../../../support/files";
import { listen, unusedPort } from "../../../../support/servers";
import { buildSource } from "../../../build-source";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const platforms = ["linux/amd64", "linux/arm64"] as const;

/** A registry with images, path and tag → digest; it may want a login. Returns its host, and what it was asked. */
async function registryWith(t: TestContext, images: Readonly<Record<string, string>>, login?: string) {
  const asked: (string | undefined)[] = [];
  const server = http.createServer(({ url = "", headers }, response) => {
    asked.push(headers.authorization);
    const [, path = "", tag = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url) ?? [];
    if (login !== undefined && headers.authorization !== login) {
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return;
    }
    const found = images[`${path}:${tag}`];
    response.writeHead(found === undefined ? 404 : 200, { "docker-content-digest": found ?? "" }).end();
  });
  return { host: `127.0.0.1:${await listen(t, server)}`, asked };
}

/** A place that an image comes from. */
const place = (host: string, path: string, tag?: string) => ({
  repository: { name: `${host}/${path}`, host, path },
  tag,
  digest: undefined,
});

/** The stack's registry. */
const stackRegistry = (host: string): FoundRegistry => ({
  kind: "existing",
  repository: { name: `${host}/ping`, host, path: "ping" },
  address: `http://${host}`,
  login: { username: "me", password: "hush", docker: false },
  credentials: undefined,
});

/** Looks up the bases of a Dockerfile with these lines. */
function find(t: TestContext, lines: readonly string[], bases: BuildSource["bases"], registry = "localhost:1") {
  projectWith(t, { "app/Dockerfile": lines.join("\n") });
  return findBases({ ...buildSource, bases }, platforms, stackRegistry(registry));
}

test("every image gets the digest of where it comes from, by default under the same tag", async (t) => {
  const { host, asked } = await registryWith(t, {
    "hub/golang:1.26": digest("a"),
    "debian:other": digest("b"),
    "own/base:latest": digest("c"),
  });
  const own = `${host}/own/base`;
  assert.deepEqual(
    await find(
      t,
      [
        "FROM golang:1.26 AS build",
        "FROM scratch",
        "COPY --from=build / /",
        "COPY --from=debian / /",
        `COPY --from=${own} / /`,
      ],
      {
        "golang:1.26": place(host, "hub/golang"),
        debian: place(host, "debian", "other"),
      },
    ),
    {
      images: [
        { name: "golang:1.26", repository: `${host}/hub/golang`, digest: digest("a") },
        { name: "debian", repository: `${host}/debian`, digest: digest("b") },
        { name: own, repository: own, digest: digest("c") },
      ],
      base: { name: "docker.io/library/golang:1.26", digest: digest("a") },
    },
  );
  assert.deepEqual(asked, [undefined, undefined, undefined]);
});

test("the stage to build and the build arguments decide which images are looked up", async (t) => {
  const { host, asked } = await registryWith(t, { "golang:1.27": digest("a") });
  const lines = ["ARG GO=1.26", `FROM ${host}/golang:$GO AS service`, `FROM ${host}/gone AS debug`];
  projectWith(t, { "app/Dockerfile": lines.join("\n") });
  const build = { ...buildSource.build, args: { GO: "1.27" }, target: "service" };
  const golang = { name: `${host}/golang:1.27`, digest: digest("a") };
  assert.deepEqual(await findBases({ ...buildSource, build }, platforms, stackRegistry(host)), {
    images: [{ ...golang, repository: `${host}/golang` }],
    base: golang,
  });
  assert.equal(asked.length, 1);
});

test("an image that the build doesn't need is looked up nowhere, and may be in the config", async (t) => {
  const none = { images: [], base: undefined };
  assert.deepEqual(
    await find(t, ["FROM golang AS dev", "FROM scratch"], { golang: place("mirror.invalid", "golang") }),
    none,
  );
});

test("a pinned image stays as it is, whatever its registry says; it may still come from elsewhere", async (t) => {
  const { host } = await registryWith(t, {});
  const pinned = `${host}/golang:1.26@${digest("a")}`;
  const base = { name: `${host}/golang:1.26`, digest: digest("a") };
  assert.deepEqual(await find(t, [`FROM ${pinned}`], {}), { images: [], base });
  assert.deepEqual(await find(t, [`FROM ${pinned}`], { [`${host}/golang:1.26`]: place(host, "mirror") }), {
    images: [{ name: pinned, repository: `${host}/mirror`, digest: digest("a") }],
    base,
  });
  assert.deepEqual(await find(t, [`FROM ${host}/golang@${digest("a")}`], {}), {
    images: [],
    base: { name: `${host}/golang`, digest: digest("a") },
  });
});

/** A registry in which every tag and digest is one image for linux/amd64. */
async function onePlatform(t: TestContext) {
  const asked: string[] = [];
  const server = http.createServer(({ method, url = "" }, response) => {
    asked.push(`${method} ${url}`);
    const blob = JSON.stringify({ os: "linux", architecture: "amd64", config: {} });
    const manifest = JSON.stringify({ config: { digest: digest("c") }, layers: [] });
    const type = "application/vnd.oci.image.manifest.v1+json";
    response.writeHead(200, { "docker-content-digest": digest("a"), "content-type": type });
    response.end(url.includes("/blobs/") ? blob : manifest);
  });
  return { host: `127.0.0.1:${await listen(t, server)}`, asked };
}

test("a base for one platform alone is said for every other platform that the build takes it for", async (t) => {
  const { host, asked } = await onePlatform(t);
  const warning = (name: string) =>
    `the base image ${host}/${name} of app/Dockerfile is for linux/amd64 alone, and the build takes it for linux/arm64, ` +
    "where its programs can't run. Name an image, or the digest of an index, that has every platform. If the stage " +
    "only compiles, write FROM --platform=$BUILDPLATFORM.";
  const lines = [
    `FROM --platform=$BUILDPLATFORM ${host}/golang:1 AS build`,
    `FROM ${host}/base-amd64:1 AS for-amd64`,
    `FROM ${host}/base:1 AS for-arm64`,
    "FROM for-$TARGETARCH",
    "COPY --from=build / /",
    `COPY --from=${host}/child@${digest("d")} / /`,
  ];
  const { warnings } = await find(t, lines, {});
  assert.deepEqual(warnings, [warning(`child@${digest("d")}`), warning("base:1")]);
  assert.deepEqual(
    asked.filter((each) => each.includes("/golang/")),
    ["HEAD /v2/golang/manifests/1"],
  );
});

test("a Dockerfile without an image, and an image that is deployed as it is, have no base", async (t) => {
  const none = { images: [], base: undefined };
  assert.deepEqual(await find(t, ["FROM scratch"], {}), none);
  const repository = { name: "ghcr.io/me/ping", host: "ghcr.io", path: "me/ping" };
  const pinned = { kind: "pinned", repository, digest: digest("a") } as const;
  assert.deepEqual(await findBases(pinned, platforms, stackRegistry("ghcr.io")), none);
});

test("the stack's login goes to its own registry, and to no other", async (t) => {
  const basic = "Basic bWU6aHVzaA==";
  const own = await registryWith(t, { "cache/golang:1.26": digest("a") }, basic);
  const other = await registryWith(t, { "golang:1.26": digest("b") }, basic);
  const lookUp = (at: ReturnType<typeof place>) => find(t, ["FROM golang:1.26"], { "golang:1.26": at }, own.host);
  const { images } = await lookUp(place(own.host, "cache/golang"));
  assert.equal(images[0]?.digest, digest("a"));
  assert.deepEqual(own.asked, [undefined, basic]);
  await assert.rejects(lookUp(place(other.host, "golang")), {
    message: problem(other.host, "401", `Run docker login ${other.host} if the image is there`),
  });
  assert.deepEqual(other.asked, [undefined]);
});

test("another registry gets Docker's own login for it, and the error names that login if it may not read", async (t) => {
  const { host, asked } = await registryWith(t, { "golang:1.26": digest("b") }, "Basic bWU6aHVzaA==");
  const logIn = (login: string) =>
    useDockerConfig(t, { auths: { [host]: { auth: Buffer.from(login).toString("base64") } } });
  const lookUp = () => find(t, ["FROM golang:1.26"], { "golang:1.26": place(host, "golang") });
  logIn("me:hush");
  assert.equal((await lookUp()).images[0]?.digest, digest("b"));
  assert.deepEqual(asked, [undefined, "Basic bWU6aHVzaA=="]);
  logIn("me:wrong");
  await assert.rejects(lookUp(), {
    message: problem(host, "401", `Run docker login ${host} with a login that may read it, which that of me may not`),
  });
});

const problem = (at: string, cause: string, remedy: string) =>
  `the base image golang:1.26 of app/Dockerfile can't be looked up in the registry ${at}: ` +
  `HEAD http://${at}/v2/golang/manifests/1.26 gave ${cause}. ${remedy}, name another place with ` +
  `pulumi config set --path 'bases["golang:1.26"]' HOST/PATH:TAG, or pin the image in the Dockerfile, golang:1.26@sha256:DIGEST.`;

test("a stage with its image's name starts from the digest, and keeps its instructions", async (t) => {
  const { host } = await registryWith(t, { "golang:latest": digest("a") });
  const lines = [
    "FROM debian AS lint",
    "FROM \\",
    "  # why",
    '  --platform="$BUILDPLATFORM" golang AS golang',
    "RUN go build",
  ];
  assert.deepEqual(await find(t, lines, { golang: place(host, "golang") }), {
    images: [{ name: `golang@${digest("a")}`, repository: `${host}/golang`, digest: digest("a") }],
    base: { name: "docker.io/library/golang:latest", digest: digest("a") },
    dockerfile: [
      "FROM debian AS lint",
      `FROM   --platform="$BUILDPLATFORM" golang@${digest("a")} AS golang`,
      "#",
      "#",
      "RUN go build",
    ].join("\n"),
  });
});

test("a named context's image is looked up, and a pinned one stays as it is", async (t) => {
  const { host } = await registryWith(t, { "tools:1": digest("a") });
  projectWith(t, { "app/Dockerfile": "FROM scratch AS base\nCOPY --from=tools / /\nCOPY --from=pinned / /\n" });
  const find = (tools: string) => {
    const image = (path: string, tag: string | undefined, pinned?: string) =>
      ({ kind: "image", image: { ...place(host, path, tag), digest: pinned } }) as const;
    const contexts = { tools: image("tools", tools), pinned: image("pinned", undefined, digest("b")) };
    return findBases({ ...buildSource, build: { ...buildSource.build, contexts } }, platforms, stackRegistry(host));
  };
  assert.deepEqual(await find("1"), {
    images: [
      { name: "tools", repository: `${host}/tools`, digest: digest("a") },
      { name: "pinned", repository: `${host}/pinned`, digest: digest("b") },
    ],
    base: undefined,
  });
  await assert.rejects(find("2"), {
    message:
      `the config key build.contexts has the image ${host}/tools:2 for tools, which can't be looked up in the registry ` +
      `${host}: HEAD http://${host}/v2/tools/manifests/2 gave 404. Correct the image's name, or push it there, or name a ` +
      "directory that exists.",
  });
});

test("a name that may be meant as a named context's has an error with the key", async (t) => {
  const { host } = await registryWith(t, {});
  const lines = ["FROM scratch", "COPY --from=shared / /"];
  await assert.rejects(find(t, lines, { shared: place(host, "shared") }), (error: Error) =>
    error.message.endsWith(
      ` If shared is to be a directory, pulumi config set --path 'build.contexts["shared"]' DIRECTORY.`,
    ),
  );
});

test("a registry that is down, or hasn't the image, is an error with what to do", async (t) => {
  const down = `127.0.0.1:${await unusedPort()}`;
  const { host } = await registryWith(t, {});
  for (const [at, cause, remedy] of [
    [down, `connect ECONNREFUSED ${down}`, "Start that registry"],
    [host, "404", "Correct the image's name, or push it there"],
  ] as const) {
    await assert.rejects(find(t, ["FROM golang:1.26"], { "golang:1.26": place(at, "golang") }), {
      message: problem(at, cause, remedy),
    });
  }
});

test("an image in the config that the Dockerfile doesn't have is an error that names those it has", async (t) => {
  const bases = { "golang:1.25": place("mirror.invalid", "golang") };
  await assert.rejects(find(t, ["FROM golang:1.26", `COPY --from=debian:12@${digest("a")} / /`], bases), {
    message:
      "the config key bases has golang:1.25, and app/Dockerfile starts from golang:1.26, debian:12. " +
      "Correct the name, or take it out of bases.",
  });
  await assert.rejects(find(t, ["FROM golang:1.26 AS dev", "FROM scratch"], bases), /starts from golang:1\.26\./);
  await assert.rejects(find(t, ["FROM scratch"], bases), /starts from no image\./);
});
