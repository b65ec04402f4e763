import assert from "node:assert/strict";
import { test } from "node:test";
import {
  familiarName,
  parseFamiliar,
  parseImage,
  parsePinned,
  parseRepository,
  registryAddress,
} from "../../../common/image-reference";

const sha512 = `sha512:${"0123456789abcdef".repeat(8)}`;
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test("a repository is read with its registry's host and its path there", () => {
  const table = [
    ["localhost:15000", "ping"],
    ["localhost", "ping"],
    ["127.0.0.1:5000", "a/b-c/d__e"],
    ["[::1]:5000", "ping"],
    ["registry:5000", "ping"],
    ["docker.io", "library/ping"],
    ["1234.dkr.ecr.eu-west-1.amazonaws.com", "team/ping"],
  ] as const;
  for (const [host, path] of table) {
    const name = `${host}/${path}`;
    assert.deepEqual(parseRepository(name), { name, host, path }, name);
  }
});

test("scheme, tag, digest, an implied host and capitals make no repository", () => {
  const wrong = [
    "",
    "ping",
    "library/ping",
    "https://localhost:15000/ping",
    "localhost:15000",
    "localhost:15000/",
    "localhost:15000/ping:v1",
    `localhost:15000/ping@${digest}`,
    "localhost:15000/Ping",
    "localhost:15000/ping/",
    "localhost:15000//ping",
    "localhost:port/ping",
    "user:password@ghcr.io/ping",
    " ghcr.io/ping",
    "registry:99999/ping",
    "1.2.3.999/ping",
    "[::g]/ping",
    "[:::]/ping",
  ];
  for (const text of wrong) {
    assert.equal(parseRepository(text), undefined, text);
  }
});

test("a pinned image is a repository and a whole SHA-256 digest", () => {
  assert.deepEqual(parsePinned(`ghcr.io/a/ping@${digest}`), {
    repository: { name: "ghcr.io/a/ping", host: "ghcr.io", path: "a/ping" },
    digest,
  });
  const wrong = [
    "ghcr.io/a/ping",
    "ghcr.io/a/ping:v1",
    `ghcr.io/a/ping:v1@${digest}`,
    `ghcr.io/a/ping@${digest.slice(0, -1)}`,
    `ghcr.io/a/ping@${digest.toUpperCase()}`,
    `ghcr.io/a/ping@${digest}@${digest}`,
    `ping@${digest}`,
    `@${digest}`,
  ];
  for (const text of wrong) {
    assert.equal(parsePinned(text), undefined, text);
  }
});

test("registries are asked over HTTP on the loopback, over HTTPS elsewhere", () => {
  const table: [string, string][] = [
    ["localhost:15000", "http://localhost:15000"],
    ["localhost", "http://localhost"],
    ["127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["127.8.9.10", "http://127.8.9.10"],
    ["[::1]:5000", "http://[::1]:5000"],
    ["localhost.example.com", "https://localhost.example.com"],
    ["127.example.com", "https://127.example.com"],
    ["10.0.0.1:5000", "https://10.0.0.1:5000"],
    ["docker.io", "https://registry-1.docker.io"],
  ];
  for (const [host, address] of table) {
    assert.equal(registryAddress(host), address, host);
  }
});

test("an image's host may be in capitals, or have an underscore", () => {
  for (const [host, path] of [
    ["Registry.Example.com", "a/b"],
    ["REGISTRY", "a"],
    ["[2001:DB8::1]:5000", "a"],
    ["a_b.c", "d"],
  ] as const) {
    const name = `${host}/${path}`;
    const image = { repository: { name, host, path }, tag: "1", digest: undefined };
    assert.deepEqual(parseFamiliar(`${name}:1`), image);
    assert.equal(familiarName(image), `${name}:1`);
  }
});

test("an image of a Dockerfile is in Docker Hub unless it has a host, and its shortest name is BuildKit's", () => {
  const table: [string, string, string | undefined, string | undefined, string][] = [
    ["golang", "docker.io/library/golang", undefined, undefined, "golang"],
    ["golang:latest", "docker.io/library/golang", "latest", undefined, "golang"],
    ["golang:1.26", "docker.io/library/golang", "1.26", undefined, "golang:1.26"],
    ["docker.io/golang:1.26", "docker.io/library/golang", "1.26", undefined, "golang:1.26"],
    ["docker.io/library/golang:1.26", "docker.io/library/golang", "1.26", undefined, "golang:1.26"],
    ["library/golang", "docker.io/library/golang", undefined, undefined, "golang"],
    ["docker/dockerfile:1", "docker.io/docker/dockerfile", "1", undefined, "docker/dockerfile:1"],
    ["library/a/b", "docker.io/library/a/b", undefined, undefined, "library/a/b"],
    [`golang@${digest}`, "docker.io/library/golang", undefined, digest, `golang@${digest}`],
    [`golang:1.26@${digest}`, "docker.io/library/golang", "1.26", digest, `golang:1.26@${digest}`],
    [`golang:latest@${digest}`, "docker.io/library/golang", "latest", digest, `golang:latest@${digest}`],
    ["index.docker.io/golang", "docker.io/library/golang", undefined, undefined, "golang"],
    [`golang@${sha512}`, "docker.io/library/golang", undefined, sha512, `golang@${sha512}`],
    ["localhost/a", "localhost/a", undefined, undefined, "localhost/a"],
    ["registry:5000/a/b:v1", "registry:5000/a/b", "v1", undefined, "registry:5000/a/b:v1"],
    ["gcr.io/distroless/static:latest", "gcr.io/distroless/static", "latest", undefined, "gcr.io/distroless/static"],
  ];
  for (const [text, name, tag, found, short] of table) {
    const image = parseFamiliar(text);
    assert.deepEqual(image, { repository: parseRepository(name), tag, digest: found }, text);
    assert.equal(familiarName(image), short);
  }
});

test("capitals, an empty part, half a digest and an unresolved variable make no image", () => {
  for (const text of [
    "",
    "Golang",
    "golang:",
    ":1.26",
    "a//b",
    "golang@sha256:0",
    "golang:$V",
    "a b",
    "gcr.io/",
    "a/B",
    digest.slice(7),
  ]) {
    assert.equal(parseFamiliar(text), undefined, text);
  }
});

test("where an image comes from must have a host", () => {
  const repository = { name: "localhost:15000/a/golang", host: "localhost:15000", path: "a/golang" };
  assert.deepEqual(parseImage("localhost:15000/a/golang:1.26"), { repository, tag: "1.26", digest: undefined });
  assert.deepEqual(parseImage("localhost:15000/a/golang"), { repository, tag: undefined, digest: undefined });
  assert.equal(parseImage("golang:1.26"), undefined);
  assert.equal(parseImage("a/golang"), undefined);
});
