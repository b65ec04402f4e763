import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { familiarName } from "../../../../../common";
import { basesOf } from "../../../../../infra/image/base-images/bases";
import { dockerfiles } from "../../../../support/dockerfiles";
import { neverThrows } from "../../../fuzz";

const platforms = ["linux/amd64", "linux/arm64"];

type Args = Readonly<Record<string, string>>;

/** Reads a Dockerfile for a builder that is linux/amd64. */
function read(
  lines: readonly string[],
  args: Args = {},
  target?: string,
  wanted = platforms,
  names: readonly string[] = [],
) {
  const contexts = Object.fromEntries(names.map((name) => [name, { kind: "directory", directory: "." } as const]));
  return basesOf(lines.join("\n"), "app/Dockerfile", wanted, { args, contexts, target }, "linux/amd64");
}

for (const [what, { lines, args, target, contexts, images, error }] of Object.entries(dockerfiles)) {
  test(`the images of a Dockerfile: ${what}`, () => {
    if (error === undefined) {
      assert.deepEqual(read(lines, args, target, platforms, contexts).images.map(familiarName), images);
    } else {
      assert.throws(() => read(lines, args, target), { message: error });
    }
  });
}

test("the base is the image under the target, or under the first stage with one that the target needs", () => {
  const base = (lines: readonly string[], target?: string) => {
    const { base: found } = read(lines, {}, target);
    return found && familiarName(found);
  };
  assert.equal(
    base(["FROM golang AS build", "FROM gcr.io/distroless/static", "COPY --from=build / /"]),
    "gcr.io/distroless/static",
  );
  assert.equal(base(["FROM golang AS a", "FROM a AS b", "FROM b"]), "golang");
  const scratch = ["FROM debian AS lint", "FROM golang AS build", "FROM alpine AS other", "FROM scratch AS service"];
  assert.equal(
    base([...scratch, "COPY --from=other / /", "COPY --from=build / /", "FROM busybox"], "service"),
    "golang",
  );
  assert.equal(base([...scratch, "COPY --from=busybox:1 / /"]), undefined);
  assert.equal(base(["# syntax=docker/dockerfile:1", "FROM scratch"]), undefined);
  assert.equal(base(["FROM a AS for-amd64", "FROM b AS for-arm64", "FROM for-$TARGETARCH"]), "a");
});

test("an image has the platforms that it is needed for, and none if the builder alone needs it", () => {
  const needed = (lines: readonly string[]) =>
    Object.fromEntries(read(lines).images.map((image) => [familiarName(image), image.platforms]));
  assert.deepEqual(
    needed([
      "# syntax=docker/dockerfile:1",
      "ARG P=$BUILDPLATFORM",
      "FROM --platform=$P golang AS build",
      "FROM --platform=linux/$BUILDARCH rust AS tools",
      "FROM alpine AS for-arm64",
      "FROM debian AS for-amd64",
      "FROM for-$TARGETARCH",
      "COPY --from=build / /",
      "COPY --from=tools / /",
      "COPY --from=busybox:1 / /",
    ]),
    {
      "docker/dockerfile:1": [],
      golang: [],
      rust: [],
      alpine: ["linux/arm64"],
      debian: ["linux/amd64"],
      "busybox:1": platforms,
    },
  );
  assert.deepEqual(needed(["FROM --platform=$BUILDPLATFORM golang AS build", "FROM golang", "COPY --from=build / /"]), {
    golang: platforms,
  });
});

test("images that the build doesn't need are told apart", () => {
  const { images, unused } = read([
    "FROM golang AS dev",
    "FROM debian AS lint",
    "COPY --from=alpine / /",
    "FROM golang",
  ]);
  assert.deepEqual(
    [images, unused].map((list) => list.map(familiarName)),
    [["golang"], ["debian", "alpine"]],
  );
});

test("BUILDKIT_SYNTAX goes before the Dockerfile's own line", () => {
  const lines = ["# syntax=docker/dockerfile:1", "FROM debian"];
  const images = (args: Args) => read(lines, args).images.map(familiarName);
  assert.deepEqual(images({}), ["docker/dockerfile:1", "debian"]);
  assert.deepEqual(images({ BUILDKIT_SYNTAX: "example.com/other:2 -x" }), ["example.com/other:2", "debian"]);
});

test("a 32-bit ARM is BuildKit's arm/v7", () => {
  const lines = ["FROM ${TARGETARCH}${TARGETVARIANT}:${TARGETPLATFORM##*/}"];
  assert.deepEqual(read(lines, {}, undefined, ["linux/arm"]).images.map(familiarName), ["armv7:v7"]);
});

test("a target that is no stage is an error that names the stages", () => {
  assert.throws(() => read(["FROM golang AS build", "FROM scratch AS Service"], {}, "servce"), {
    message:
      "the config key build.target is servce, and app/Dockerfile has build, service. Correct the name, or take it out of build.",
  });
  assert.throws(() => read(["FROM golang"], {}, "golang"), /app\/Dockerfile has no stage with a name\./);
});

test("a stage that has an image's name is an error only where each platform has another image", () => {
  const ambiguous = (lines: readonly string[]) =>
    read(lines).ambiguous.map(({ stage, image }) => [stage.name, familiarName(image)]);
  assert.deepEqual(
    ambiguous(["FROM alpine AS x", "FROM golang AS golang", "FROM scratch AS alpine", "COPY --from=x / /"]),
    [["x", "alpine"]],
  );
  assert.deepEqual(ambiguous(["FROM golang AS golang"]), [["golang", "golang"]]);
  assert.deepEqual(ambiguous(["FROM golang:1 AS golang"]), []);
  assert.throws(() => ambiguous(["FROM $TARGETARCH AS arm64"]), {
    message:
      "app/Dockerfile, line 1, starts from amd64 or arm64, and a stage is called arm64. " +
      "Call the stage something else, or give the image a tag.",
  });
});

test("a named context takes the place of an image, or of a stage with what it starts from", () => {
  const lines = [
    "FROM golang AS build",
    "COPY --from=shared /a /a",
    "FROM Debian AS certificates",
    "FROM build AS copy",
    "FROM base",
    "COPY --from=copy / /",
    "COPY --from=certificates / /",
    "COPY --from=busybox / /",
  ];
  const directory = { kind: "directory", directory: "./shared" } as const;
  const images = (...names: readonly string[]) => {
    const contexts = Object.fromEntries(names.map((name) => [name, directory]));
    const { images: found, base } = basesOf(lines.join("\n"), "f", platforms, {
      args: {},
      contexts,
      target: undefined,
    });
    return [found.map(familiarName), base && familiarName(base)];
  };
  assert.deepEqual(images("shared", "base", "certificates"), [["golang", "busybox"], "golang"]);
  assert.deepEqual(images("shared", "busybox", "certificates"), [["golang", "base"], "base"]);
  assert.deepEqual(images("shared", "base", "certificates", "copy"), [["busybox"], undefined]);
  assert.throws(() => images("shred", "certificates"), {
    message:
      "the config key build.contexts has shred, and f has build, certificates, copy, golang, base, shared, busybox. " +
      "Correct the name, or take it out of build.contexts.",
  });
});

/** What Dockerfiles are made of, beside anything else. */
const piece = fc.oneof(
  fc.constantFrom("FROM ", "from\t", "ARG ", "COPY ", "ADD ", "RUN ", "ONBUILD ", "ENV ", "HEALTHCHECK CMD ", " AS "),
  fc.constantFrom(
    "--platform=",
    "--from=",
    "--mount=type=bind,from=",
    "--mount=",
    "--link ",
    "# syntax=",
    "# escape=`",
  ),
  fc.constantFrom("golang:1.26", "scratch", "build", "0", "-1", "99999999999", "a/b@sha256:", "[::1]/a", "h:99999/x:1"),
  fc.constantFrom(
    "$TARGETARCH",
    "${A",
    "${A:-b}",
    "${A:?x}",
    "${A##*[",
    "${A%/",
    "${A//a/b}",
    "$",
    "A=1",
    "A",
    "=",
    ",",
  ),
  fc.constantFrom(
    "\\",
    "`",
    "'",
    '"',
    "<<EOF",
    "<<-'E O'",
    "EOF",
    "\n",
    "\r\n",
    " ",
    "#",
    '["a", "b"]',
    "[",
    "{",
    "\uFEFF",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);

test("whatever a Dockerfile holds, its images or a Failure come of it", () => {
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
  const words = fc.constantFrom("A", "build", "0", "golang:1.26", "__proto__", "");
  const args = fc.dictionary(fc.oneof(words, fc.constant("BUILDKIT_SYNTAX")), fc.oneof(words, piece), { maxKeys: 2 });
  const target = fc.option(words, { nil: undefined });
  const names = fc.array(words, { maxLength: 1 });
  neverThrows(fc.tuple(text, args, target, names), ([content, ...build]) => {
    const [values, stage, contexts] = build;
    read(content.split("\n"), values, stage, platforms, contexts);
  });
});
